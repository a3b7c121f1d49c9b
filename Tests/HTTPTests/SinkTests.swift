import Checksums
import Foundation
import Glibc
import HTTP
import Platform
import Synchronization
import TestSupport
import Testing

/// Where bodies go, and what the head of an answer decides.
struct SinkTests {
    let content = sample(300_000)

    @Test func memory() async throws {
        let server = try ScriptedServer { [content] _, connection in try connection.answer(200, [:], content) }
        let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: content.count + 10, alignment: 16)
        defer { memory.deallocate() }
        let response = try await HTTPClient.forTests.send(
            HTTPRequest(.get, server.address(), sink: .memory(memory)))
        #expect(response.count == content.count)
        #expect(memory.prefix(content.count).elementsEqual(content))
    }

    /// It is told while the rest is still to come.
    @Test func memoryTellsHowFarItIs() async throws {
        let told = Semaphore()
        let counts = Mutex<[Int]>([])
        let server = try ScriptedServer { [content] _, connection in
            try connection.send("HTTP/1.1 200 OK\r\nContent-Length: \(content.count)\r\n\r\n")
            try connection.send(content.prefix(100_000))
            // The rest is held back until somebody has heard of the beginning.
            told.wait()
            try connection.send(content.dropFirst(100_000))
        }
        let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: content.count, alignment: 16)
        defer { memory.deallocate() }
        nonisolated(unsafe) let arrived = memory
        let sink = ByteSink.memory(memory) { [content] count in
            counts.withLock { $0.append(arrived.prefix(count).elementsEqual(content.prefix(count)) ? count : -1) }
            if count >= 100_000 { told.signal() }
        }
        _ = try await HTTPClient.forTests.send(HTTPRequest(.get, server.address(), sink: sink))
        let all = counts.withLock { $0 }
        #expect(all.count > 1 && all == all.sorted() && all.last == content.count && all.first ?? 0 > 0)
    }

    @Test func memoryThatIsTooSmall() async throws {
        let server = try ScriptedServer { [content] _, connection in try connection.answer(200, [:], content) }
        let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: content.count - 1, alignment: 16)
        defer { memory.deallocate() }
        let error = try await HTTPClient.forTests.failure(
            HTTPRequest(.get, server.address(), sink: .memory(memory)))
        #expect(error.code == .tooLarge)
        #expect(error.attempts == 1)
    }

    @Test func bytesHaveALimit() async throws {
        let server = try ScriptedServer { [content] _, connection in try connection.answer(200, [:], content) }
        let client = HTTPClient.forTests
        let exact = HTTPRequest(.get, server.address(), sink: .bytes(limit: content.count))
        #expect(try await client.send(exact).body == content)
        let small = HTTPRequest(.get, server.address(), sink: .bytes(limit: content.count - 1))
        #expect(try await client.failure(small).code == .tooLarge)
    }

    /// How many bytes are expected is no promise; requests of one handle have more and less room.
    @Test func moreOrLessThanExpected() async throws {
        let server = try ScriptedServer { [content] _, connection in try connection.answer(200, [:], content) }
        var settings = HTTPSettings.forTests
        settings.connectionsPerHost = 1
        let client = HTTPClient(settings)
        let folder = try TemporaryFolder()
        for expected in [nil, 0, 1, 50_000, content.count, 1 << 20, 10, nil] {
            let path = folder.path("\(expected ?? -1)")
            let file = try SharedDescriptor(.open(RawPath(path), O_RDWR | O_CREAT | O_TRUNC, mode: 0o600))
            let response = try await client.send(
                HTTPRequest(.get, server.address(), sink: .file(file, offset: 0, expected: expected)))
            #expect(response.count == content.count)
            #expect(try Data(contentsOf: URL(filePath: path)) == Data(content), "\(expected ?? -1)")
        }
    }

    @Test func aFullDisk() async throws {
        let server = try ScriptedServer { [content] _, connection in try connection.answer(200, [:], content) }
        let file = try SharedDescriptor(.open("/dev/full", O_WRONLY))
        let error = try await HTTPClient.forTests.failure(
            HTTPRequest(.get, server.address(), sink: .file(file, offset: 0)))
        #expect(error.code == .sinkFailed)
        #expect(error.errno == ENOSPC)
        #expect(error.attempts == 1)
    }

    /// While another writes to the same file what comes is kept, as far as there is room. Also with pieces that come slowly, and where
    /// the length is not known before.
    @Test(arguments: [1, 70_000, 300_000, 3_000_000], [true, false])
    func whileAnotherWritesToTheFile(size: Int, tellsLength: Bool) async throws {
        let content = sample(size)
        let server = try ScriptedServer { _, connection in
            try connection.send(
                "HTTP/1.1 200 OK\r\n" + (tellsLength ? "Content-Length: \(size)" : "Connection: close") + "\r\n\r\n")
            for start in stride(from: 0, to: size, by: 50_000) {
                try connection.send(content[start..<min(start + 50_000, size)])
                ScriptedConnection.pause(milliseconds: 1)
            }
            if !tellsLength { connection.close() }
        }
        let folder = try TemporaryFolder()
        let file = try SharedDescriptor(.open(RawPath(folder.path("content")), O_RDWR | O_CREAT, mode: 0o600))
        let isOver = Atomic(false)
        let others = Threads.begin(2) {
            while !isOver.load(ordering: .relaxed) {
                _ = try? file.writeInTurn(waiting: true) { _ in Threads.sleep(milliseconds: 2) }
                // Whoever asks again at once may have it again before others wake up.
                Threads.sleep(milliseconds: 1)
            }
        }
        let result: Result<HTTPResponse, any Error>
        do {
            result = .success(
                try await HTTPClient.forTests.send(
                    HTTPRequest(.get, server.address(), sink: .file(file, offset: 10)), retrying: .once))
        } catch {
            result = .failure(error)
        }
        isOver.store(true, ordering: .relaxed)
        others.join()
        #expect(try result.get().count == size)
        let written = try Data(contentsOf: URL(filePath: folder.path("content"))).dropFirst(10)
        #expect(written.elementsEqual(content))
    }

    /// Who asked for a range gets it also from a server that knows no ranges.
    @Test(arguments: [(100, 1000), (0, 300_000), (250_000, 50_000), (299_999, 1), (0, 1)])
    func theWholeInThePlaceOfARange(_ skip: Int, _ count: Int) async throws {
        let server = try ScriptedServer { [content] _, connection in try connection.answer(200, [:], content) }
        var request = HTTPRequest(.get, server.address(), sink: .bytes(limit: count))
        request.checksum = .md5
        request.accept = { head in
            head.status == 200 ? .sink(skip: skip, limit: count, expected: count) : .sink(expected: count)
        }
        let client = HTTPClient.forTests
        let response = try await client.send(request)
        #expect(response.body[...] == content[skip..<skip + count])
        #expect(try response.checksum == Checksum(.md5, of: Array(content[skip..<skip + count])))
        #expect(try await client.send(request).count == count)
    }

    @Test func whatIsBeyondTheLimitIsNotWaitedFor() async throws {
        let server = try ScriptedServer { _, connection in
            try connection.send("HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n0123456789")
            connection.stall()
        }
        var request = HTTPRequest(.get, server.address())
        request.accept = { _ in .sink(skip: 2, limit: 8) }
        let response = try await HTTPClient.forTests.send(request, retrying: .once)
        #expect(response.body == Array("23456789".utf8))
    }

    @Test func anAnswerThatIsRefused() async throws {
        let server = try ScriptedServer { _, connection in try connection.answer(200, [:], "x") }
        var request = HTTPRequest(.get, server.address())
        request.accept = { head in .refuse(HTTPError(.refused, "not \(head.status)")) }
        let error = try await HTTPClient.forTests.failure(request)
        #expect(error.code == .refused)
        #expect(error.message.hasSuffix("not 200"))
        #expect(error.attempts == 1)
    }

    @Test func bodiesOfRefusalsAreKeptAsFarAsTheyAreShort() async throws {
        let server = try ScriptedServer { [content] request, connection in
            try connection.answer(404, [:], request.target == "/short" ? content.prefix(1000) : content.prefix(300_000))
        }
        let folder = try TemporaryFolder()
        let file = try SharedDescriptor(.open(RawPath(folder.path("f")), O_RDWR | O_CREAT))
        let client = HTTPClient.forTests
        for (path, count) in [("/short", 1000), ("/long", 64 * 1024), ("/short", 1000)] {
            let request = HTTPRequest(.get, server.address(path), sink: .file(file, offset: 0))
            let response = try await client.send(request)
            #expect(response.status == 404)
            #expect(response.body[...] == content[..<count])
            #expect(response.count == 0)
        }
        #expect(try folder.read("f").isEmpty)
    }

    @Test func aRetryBeginsTheSinkAnew() async throws {
        let server = try ScriptedServer { [content] request, connection in
            if request.number == 3 { return try connection.answer(200, [:], content) }
            try connection.send("HTTP/1.1 200 OK\r\nContent-Length: \(content.count)\r\n\r\n")
            try connection.send([UInt8](repeating: 7, count: 100_000 * request.number))
            connection.close()
        }
        let folder = try TemporaryFolder()
        let file = try SharedDescriptor(.open(RawPath(folder.path("f")), O_RDWR | O_CREAT))
        var request = HTTPRequest(.get, server.address(), sink: .file(file, offset: 0))
        request.checksum = .sha256
        let meter = HTTPMeter()
        request.meter = meter
        let response = try await HTTPClient.forTests.send(request)
        #expect(response.attempts == 3)
        #expect(try response.checksum == Checksum(.sha256, of: content))
        var got = [UInt8](repeating: 0, count: content.count)
        _ = try got.withUnsafeMutableBytes { try file.file.read(into: $0, at: 0) }
        #expect(got == content)
        #expect(meter.requests == 3)
        #expect(meter.retries == 2)
        #expect(meter.received == 600_000)
    }

    @Test func aHeadHasNoBody() async throws {
        let server = try ScriptedServer { request, connection in
            try connection.send("HTTP/1.1 200 OK\r\nContent-Length: 1234\r\nETag: \"e\"\r\n\r\n")
        }
        let client = HTTPClient.forTests
        for _ in 0..<2 {
            let response = try await client.send(HTTPRequest(.head, server.address()))
            #expect(response.headers["CONTENT-LENGTH"] == "1234")
            #expect(response.body.isEmpty)
        }
        #expect(server.connections == 1)
    }

    @Test func bytesStayAsTheyAreStored() async throws {
        let server = try ScriptedServer { request, connection in
            #expect(request["Accept-Encoding"] == nil)
            try connection.answer(200, ["Content-Encoding": "gzip"], "not really")
        }
        let response = try await HTTPClient.forTests.send(HTTPRequest(.get, server.address()))
        #expect(response.body == Array("not really".utf8))
    }

    @Test func headsAreReadOverInterimAnswersFoldedLinesAndTrailers() async throws {
        let server = try ScriptedServer { _, connection in
            try connection.send("HTTP/1.1 103 Early Hints\r\nX-A: hint\r\n\r\n")
            try connection.send("HTTP/1.1 200\r\nX-A:  b \r\n c\r\nX-Empty:\r\nTransfer-Encoding: chunked\r\n\r\n")
            try connection.send("3\r\nabc\r\n0\r\nX-A: trailer\r\n\r\n")
        }
        let response = try await HTTPClient.forTests.send(HTTPRequest(.get, server.address()))
        #expect(response.headers["x-a"] == "b c")
        #expect(response.headers["x-empty"] == "")
        #expect(response.headers.lines.count == 3)
        #expect(response.body == Array("abc".utf8))
    }
}
