import Checksums
import Glibc
import HTTP
import Platform
import TestSupport
import Testing

/// What goes out and what comes back when nothing goes wrong.
struct ExchangeTests {
    @Test func aRequestGoesOutAsItIs() async throws {
        let server = try ScriptedServer { request, connection in try connection.answer(200, [:], request.head) }
        let path = "/a%2Fb//c/./d/../%20e;f=1"
        var request = HTTPRequest(.get, server.address(path, query: "x=%41&&=&y"))
        request.headers = ["X-One": "1", "x-empty": "", "X-Two": "2; 3"]
        let response = try await HTTPClient.forTests.send(request)
        #expect(response.status == 200)
        let lines = String(decoding: response.body, as: UTF8.self).split(separator: "\r\n").map(String.init)
        #expect(lines[0] == "GET \(path)?x=%41&&=&y HTTP/1.1")
        #expect(
            lines.dropFirst().sorted() == [
                "Host: 127.0.0.1:\(server.port)", "User-Agent: provision", "X-One: 1", "X-Two: 2; 3", "x-empty:",
            ])
    }

    @Test(arguments: [HTTPMethod.put, .post, .delete, .get], [0, 1, 1 << 20, 3 << 20])
    func aBodyArrives(_ method: HTTPMethod, _ count: Int) async throws {
        let body = sample(count)
        let server = try ScriptedServer { connection in
            while let request = try connection.readHead() {
                if request["Expect"] == "100-continue" { try connection.send("HTTP/1.1 100 Continue\r\n\r\n") }
                let got = try connection.read(request.contentLength)
                #expect(got == body)
                #expect(request.method == method.rawValue)
                #expect(request.all("Content-Length") == ["\(count)"])
                #expect(request["Content-Type"] == nil)
                #expect((request["Expect"] != nil) == (count > 1 << 20))
                try connection.answer(200, ["ETag": "\"x\""])
            }
        }
        let request = HTTPRequest(method, server.address(), headers: ["Content-Length": "7"], body: .bytes(body))
        let response = try await HTTPClient.forTests.send(request)
        #expect(response.headers["etag"] == "\"x\"")
        #expect(response.attempts == 1)
    }

    @Test(arguments: [0, 1, 5000, 300_001, 2_000_003]) func fileSinksAndChecksums(_ count: Int) async throws {
        let content = sample(count)
        let server = try ScriptedServer { _, connection in try connection.answer(200, [:], content) }
        let folder = try TemporaryFolder()
        let file = try SharedDescriptor(.open(RawPath(folder.path("f")), O_RDWR | O_CREAT))
        var request = HTTPRequest(.get, server.address(), sink: .file(file, offset: 1000))
        request.checksum = .crc32c
        let response = try await HTTPClient.forTests.send(request)
        #expect(response.count == count)
        #expect(response.body.isEmpty)
        #expect(try response.checksum == Checksum(.crc32c, of: content))
        var got = [UInt8](repeating: 0, count: count + 1)
        let read = try got.withUnsafeMutableBytes { try file.file.read(into: $0, at: 1000) }
        #expect(read == count)
        #expect(got.dropLast() == content[...])
    }

    @Test func connectionsAreKept() async throws {
        let server = try ScriptedServer { _, connection in try connection.answer(200, [:], "yes") }
        let client = HTTPClient.forTests
        for _ in 0..<20 { _ = try await client.send(HTTPRequest(.get, server.address())) }
        #expect(server.connections == 1)
        #expect(server.requests == 20)
    }

    @Test func manyAtOnce() async throws {
        let server = try ScriptedServer { request, connection in try connection.answer(200, [:], request.target) }
        var settings = HTTPSettings.forTests
        settings.connectionsPerHost = 64
        let client = HTTPClient(settings)
        try await withThrowingTaskGroup(of: Void.self) { group in
            for number in 0..<1000 {
                group.addTask {
                    let response = try await client.send(HTTPRequest(.get, server.address("/\(number)")))
                    #expect(response.body == Array("/\(number)".utf8))
                }
            }
            try await group.waitForAll()
        }
        #expect(server.connections <= 64)
        #expect(server.requests == 1000)
    }
}
