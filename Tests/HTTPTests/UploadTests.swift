import Glibc
import HTTP
import Platform
import TestSupport
import Testing

/// Bodies that go out, and servers that do not want them.
struct UploadTests {
    @Test func fromARangeOfAFile() async throws {
        let content = sample(3_000_000)
        let server = try ScriptedServer { request, connection in
            #expect(request.body[...] == content[1000..<2_500_000])
            try connection.answer(200)
        }
        let folder = try TemporaryFolder()
        let file = try SharedDescriptor(.open(RawPath(folder.path("f")), O_RDWR | O_CREAT))
        try file.file.write(content, at: 0)
        let request = HTTPRequest(.put, server.address(), body: .file(file, 1000..<2_500_000))
        #expect(try await HTTPClient.forTests.send(request).status == 200)
    }

    @Test func fromAFileThatIsShorterThanItsRange() async throws {
        let server = try ScriptedServer { _, connection in try connection.answer(200) }
        let folder = try TemporaryFolder()
        let file = try SharedDescriptor(.open(RawPath(folder.path("f")), O_RDWR | O_CREAT))
        try file.file.write(sample(5000), at: 0)
        let client = HTTPClient.forTests
        let error = try await client.failure(HTTPRequest(.put, server.address(), body: .file(file, 0..<5001)))
        #expect(error.code == .sourceFailed)
        #expect(error.attempts == 1)
        #expect(try await client.send(HTTPRequest(.put, server.address(), body: .file(file, 0..<5000))).status == 200)
    }

    @Test func fromAFileThatCannotBeRead() async throws {
        let server = try ScriptedServer { _, connection in try connection.answer(200) }
        let folder = try TemporaryFolder()
        let file = try SharedDescriptor(.open(RawPath(folder.path("f")), O_WRONLY | O_CREAT))
        let error = try await HTTPClient.forTests.failure(
            HTTPRequest(.put, server.address(), body: .file(file, 0..<10)))
        #expect(error.code == .sourceFailed)
        #expect(error.errno == EBADF)
    }

    /// A refusal comes before the body does, and nothing of the body is taken for the next request.
    @Test(arguments: [307, 403, 412, 503]) func aRefusalBeforeTheBody(_ status: Int) async throws {
        let server = try ScriptedServer { connection in
            while let request = try connection.readHead() {
                if request.target == "/next" {
                    try connection.answer(200)
                } else {
                    try connection.answer(status, [:], "no")
                    // The client must not go on with the body or with another request here.
                    #expect(try connection.readWhile(waitingMilliseconds: 200).isEmpty)
                }
            }
        }
        let client = HTTPClient.forTests
        let body = ByteSource.bytes(sample(2_000_000))
        let response = try await client.send(HTTPRequest(.put, server.address(), body: body), retrying: .once)
        #expect(response.status == status)
        #expect(response.body == Array("no".utf8))
        #expect(try await client.send(HTTPRequest(.get, server.address("/next"))).status == 200)
        #expect(server.connections == 2)
    }

    @Test func aRefusalInTheMiddleOfTheBody() async throws {
        let server = try ScriptedServer { connection in
            let head = try connection.readHead()
            if head?.target == "/next" { return try connection.answer(200) }
            try connection.send("HTTP/1.1 100 Continue\r\n\r\n")
            _ = try connection.read(100_000)
            try connection.answer(400, [:], "enough")
            _ = try connection.readWhile(waitingMilliseconds: 300)
        }
        let client = HTTPClient.forTests
        let body = ByteSource.bytes([UInt8](repeating: 1, count: 20_000_000))
        let response = try await client.send(HTTPRequest(.put, server.address(), body: body), retrying: .once)
        #expect(response.status == 400)
        #expect(response.body == Array("enough".utf8))
        #expect(try await client.send(HTTPRequest(.get, server.address("/next"))).status == 200)
    }

    @Test func aServerThatDoesNotKnowExpect() async throws {
        let server = try ScriptedServer { request, connection in
            try connection.answer(200, [:], "\(request.body.count)")
        }
        let body = ByteSource.bytes(sample(2_000_000))
        let response = try await HTTPClient.forTests.send(HTTPRequest(.put, server.address(), body: body))
        #expect(response.body == Array("2000000".utf8))
        #expect(response.attempts == 1)
    }

    @Test func aServerThatRefusesExpect() async throws {
        let server = try ScriptedServer { connection in
            while let request = try connection.readHead() {
                if request["Expect"] != nil {
                    try connection.answer(417)
                } else {
                    try connection.answer(200, [:], "\(try connection.read(request.contentLength).count)")
                }
            }
        }
        let body = ByteSource.bytes(sample(2_000_000))
        let response = try await HTTPClient.forTests.send(HTTPRequest(.put, server.address(), body: body))
        #expect(response.body == Array("2000000".utf8))
    }

    @Test func anUploadIsRepeatedFromItsBeginning() async throws {
        let content = sample(3_000_000)
        let server = try ScriptedServer { connection in
            while let request = try connection.readHead() {
                try connection.send("HTTP/1.1 100 Continue\r\n\r\n")
                if request.number < 3 {
                    _ = try connection.read(1_000_000)
                    connection.reset()
                    return
                }
                #expect(try connection.read(request.contentLength) == content)
                try connection.answer(200)
            }
        }
        let request = HTTPRequest(.put, server.address(), body: .bytes(content))
        #expect(try await HTTPClient.forTests.send(request).attempts == 3)
    }

    @Test func aServerThatStopsReading() async throws {
        let server = try ScriptedServer { connection in
            _ = try connection.readHead()
            try connection.send("HTTP/1.1 100 Continue\r\n\r\n")
            ScriptedConnection.pause(milliseconds: 3000)
        }
        var settings = HTTPSettings.forTests
        settings.stallMilliseconds = 400
        let body = ByteSource.bytes([UInt8](repeating: 1, count: 50_000_000))
        let error = try await HTTPClient(settings).failure(
            HTTPRequest(.put, server.address(), body: body), retrying: .once)
        #expect(error.code == .stalled)
    }
}
