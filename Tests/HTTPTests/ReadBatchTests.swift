import Checksums
import Glibc
import HTTP
import Platform
import TestSupport
import Testing

/// Large bodies over TLS, which a filter under OpenSSL reads in large pieces. What could go wrong is a transfer that waits
/// for a socket while its bytes are in the filter; so every case here ends, or is seen to stall.
@Suite(.timeLimit(.minutes(3))) struct ReadBatchTests {
    let authority: TestAuthority

    init() throws {
        authority = try TestAuthority.shared.get()
    }

    func client(batching: Bool = true, connections: Int = 256) -> HTTPClient {
        var settings = HTTPSettings.forTests
        settings.batchesLargeReads = batching
        settings.connectionsPerHost = connections
        return HTTPClient(settings)
    }

    func request(_ server: ScriptedServer, _ path: String, size: Int) -> HTTPRequest {
        var request = HTTPRequest(
            .get, HTTPAddress(isSecure: true, host: "localhost", port: server.port, path: path),
            sink: .bytes(limit: size))
        request.trust = .authorities(file: authority.file)
        request.checksum = .crc32c
        return request
    }

    /// Sends as many bytes as the path says.
    func server(_ content: [UInt8], version: Int32? = nil, chunked: Bool = false) throws -> ScriptedServer {
        try ScriptedServer(identity: authority.identity("good", onlyVersion: version)) { request, connection in
            let body = content.prefix(Int(request.target.dropFirst()) ?? 0)
            try connection.answer(200, [:], body)
        }
    }

    @Test(arguments: [0x0303, 0x0304], [true, false])
    func oddSizesOnOneConnection(_ version: Int32, _ batching: Bool) async throws {
        let content = sample(3_000_000)
        let server = try server(content, version: version)
        let client = client(batching: batching)
        for size in [1_048_576, 1_048_577, 100_000, 1_500_003, 0, 1, 2_999_999, 16_384, 1_064_960, 3_000_000, 5] {
            let response = try await client.send(request(server, "/\(size)", size: size), retrying: .once)
            #expect(response.count == size)
            #expect(try response.checksum == Checksum(.crc32c, of: Array(content.prefix(size))))
        }
        #expect(server.connections == 1)
    }

    @Test func manyConnections() async throws {
        let content = sample(2_500_000)
        let server = try server(content)
        let client = client(connections: 12)
        try await withThrowingTaskGroup(of: Void.self) { group in
            for number in 0..<60 {
                group.addTask {
                    let size = 1_000_000 + number * 25_001
                    let response = try await client.send(request(server, "/\(size)", size: size), retrying: .once)
                    #expect(try response.checksum == Checksum(.crc32c, of: Array(content.prefix(size))))
                }
            }
            try await group.waitForAll()
        }
        #expect(server.connections <= 12)
    }

    @Test(arguments: [1, 100, 1000, 16_383, 16_385, 70_000]) func bodiesInPieces(_ piece: Int) async throws {
        let content = sample(piece < 1000 ? 1_050_000 : 2_000_000)
        let server = try ScriptedServer(identity: authority.identity("good")) { _, connection in
            try connection.send("HTTP/1.1 200 OK\r\nContent-Le")
            ScriptedConnection.pause(milliseconds: 10)
            try connection.send("ngth: \(content.count)\r\n\r\n")
            var rest = content[...]
            // Small records at the beginning and at the end.
            for _ in 0..<20 {
                try connection.send(rest.prefix(piece))
                rest = rest.dropFirst(piece)
            }
            let end = rest.suffix(20 * piece)
            try connection.send(rest.dropLast(end.count))
            ScriptedConnection.pause(milliseconds: 10)
            for start in stride(from: end.startIndex, to: end.endIndex, by: piece) {
                try connection.send(end[start..<min(start + piece, end.endIndex)])
            }
        }
        let client = client()
        for _ in 0..<3 {
            let response = try await client.send(request(server, "/", size: content.count), retrying: .once)
            #expect(try response.checksum == Checksum(.crc32c, of: content))
        }
        #expect(server.connections == 1)
    }

    /// What goes into a file is written whenever nothing more is there, if it is much, and is all there at the end.
    @Test(arguments: [5_000, 70_000, 300_000]) func intoAFileWithPauses(_ piece: Int) async throws {
        let content = sample(1_500_003)
        let server = try ScriptedServer(identity: authority.identity("good")) { _, connection in
            try connection.send("HTTP/1.1 200 OK\r\nContent-Length: \(content.count)\r\n\r\n")
            var rest = content[...]
            for _ in 0..<4 {
                try connection.send(rest.prefix(piece))
                rest = rest.dropFirst(piece)
                ScriptedConnection.pause(milliseconds: 20)
            }
            try connection.send(rest)
        }
        let folder = try TemporaryFolder()
        let client = client()
        for number in 0..<3 {
            let path = RawPath(folder.path("f\(number)"))
            let file = try SharedDescriptor(.open(path, O_CREAT | O_RDWR, mode: 0o600))
            var request = request(server, "/", size: 0)
            request.sink = .file(file, offset: number)
            let response = try await client.send(request, retrying: .once)
            #expect(try response.checksum == Checksum(.crc32c, of: content))
            let written = try FileReading.bytes(from: file.file.raw, limit: 2 << 20)
            #expect(written.dropFirst(number) == content[...])
        }
        #expect(server.connections == 1)
    }

    /// What could not be written is told though nothing comes any more, and not as a server that has stopped.
    @Test func aFullDiskBeforeAPause() async throws {
        let server = try ScriptedServer(identity: authority.identity("good")) { _, connection in
            try connection.send("HTTP/1.1 200 OK\r\nContent-Length: 2000000\r\n\r\n")
            try connection.send(sample(200_000))
            connection.stall()
        }
        var request = request(server, "/", size: 0)
        request.sink = .file(try SharedDescriptor(.open("/dev/full", O_WRONLY)), offset: 0)
        let error = try await client().failure(request)
        #expect(error.code == .sinkFailed && error.errno == ENOSPC, "\(error)")
        #expect(server.connections == 1)
    }

    @Test(arguments: [1_000, 1_200_000, 1_999_999], [true, false])
    func aServerThatBreaksOff(_ count: Int, _ byReset: Bool) async throws {
        let content = sample(2_000_000)
        let server = try ScriptedServer(identity: authority.identity("good")) { request, connection in
            if request.number > 1 { return try connection.answer(200, [:], content) }
            try connection.send("HTTP/1.1 200 OK\r\nContent-Length: \(content.count)\r\n\r\n")
            try connection.send(content.prefix(count))
            if byReset { connection.reset() } else { connection.close(saying: count % 2 == 0) }
        }
        let response = try await client().send(request(server, "/", size: content.count))
        #expect(response.attempts == 2)
        #expect(try response.checksum == Checksum(.crc32c, of: content))
    }

    @Test func aServerThatStopsInTheMiddle() async throws {
        let content = sample(2_000_000)
        let server = try ScriptedServer(identity: authority.identity("good")) { _, connection in
            try connection.send("HTTP/1.1 200 OK\r\nContent-Length: \(content.count)\r\n\r\n")
            try connection.send(content.prefix(1_500_000))
            connection.stall()
        }
        var settings = HTTPSettings.forTests
        settings.stallMilliseconds = 500
        let error = try await HTTPClient(settings).failure(
            request(server, "/", size: content.count), retrying: .once)
        #expect(error.code == .stalled)
    }

    @Test func aServerThatSaysGoodbyeBehindTheBody() async throws {
        let content = sample(1_500_000)
        let server = try ScriptedServer(identity: authority.identity("good")) { _, connection in
            try connection.answer(200, [:], content)
            connection.close()
        }
        let client = client()
        for _ in 0..<4 {
            let response = try await client.send(request(server, "/", size: content.count))
            #expect(try response.checksum == Checksum(.crc32c, of: content))
        }
    }

    @Test func cancelledAndRefusedInTheMiddle() async throws {
        let content = sample(3_000_000)
        let server = try server(content)
        let client = client(connections: 4)
        await withTaskGroup(of: Void.self) { group in
            for number in 0..<60 {
                group.addTask {
                    var request = request(server, "/3000000", size: number % 3 == 0 ? 1_000_000 : 3_000_000)
                    if number % 3 == 1 { request.accept = { _ in .sink(limit: 1_500_000) } }
                    let sent = request
                    let task = Task { try? await client.send(sent, retrying: .once) }
                    if number % 4 == 0 {
                        try? await Task.sleep(nanoseconds: UInt64(number) * 300_000)
                        task.cancel()
                    }
                    let response = await task.value
                    if let response { #expect(response.body[...] == content.prefix(response.count)) }
                }
            }
        }
        #expect(try await client.send(request(server, "/2000000", size: 2_000_000)).count == 2_000_000)
    }
}
