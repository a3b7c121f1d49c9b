import Checksums
import HTTP
import ObjectStore
import Platform
import Synchronization
import TestSupport
import Testing

/// Bytes of a file on a web server.
struct WebReadingTests {
    @Test(arguments: [true, false])
    func rangesAndTheWhole(hasRanges: Bool) async throws {
        var file = WebFile("0123456789")
        file.hasRanges = hasRanges
        let server = try ScriptedServer { [file] in try file.answer($0, $1) }
        let store = try WebTestStore.make(server)
        let version = try await store.stat("file").version
        #expect(try await store.text("file", of: version) == "0123456789")
        #expect(try await store.text("file", ReadRange(from: 3, count: 4), of: version) == "3456")
        #expect(try await store.text("file", ReadRange(from: 8), of: version) == "89")
        #expect(try await store.text("file", ReadRange(from: 8, count: 100)) == "89")
        #expect(try await store.text("file", ReadRange(from: 3, count: 0)) == "")
        await expectFailure(.invalid) { () throws(StoreError) in
            try await store.text("file", ReadRange(from: 10, count: 1))
        }
        let result = try await store.read("file", .whole, of: version, into: .bytes(limit: 10), checksum: .crc32c)
        #expect(try result.checksum == Checksum(.crc32c, of: Array("0123456789".utf8)))
        await expectFailure(.tooLarge) { () throws(StoreError) in
            try await store.read("file", .whole, of: nil, into: .bytes(limit: 9))
        }
    }

    @Test func emptyAndOfUnknownSize() async throws {
        var file = WebFile("")
        let empty = try ScriptedServer { [file] in try file.answer($0, $1) }
        #expect(try await WebTestStore.make(empty).text("file") == "")
        #expect(try await WebTestStore.make(empty).text("file", ReadRange(from: 0, count: 5)) == "")
        file = WebFile("0123456789")
        (file.statesLength, file.hasRanges) = (false, false)
        let server = try ScriptedServer { [file] in try file.answer($0, $1) }
        let store = try WebTestStore.make(server)
        let result = try await store.read("file", .whole, of: nil, into: .bytes(limit: 100))
        #expect(result.count == 10 && result.object.size == 10 && !result.object.hasUnknownSize)
        #expect(try await store.text("file", ReadRange(from: 0, count: 1)) == "0")
        #expect(try await store.text("file", ReadRange(from: 4, count: 100)) == "456789")
    }

    /// By a condition, by the tag that comes when conditions are ignored, and by the date.
    @Test(arguments: [true, false])
    func aFileThatChanges(knowsConditions: Bool) async throws {
        let file = Mutex(WebFile("0123456789"))
        file.withLock { $0.knowsConditions = knowsConditions }
        let server = try ScriptedServer { request, connection in
            try file.withLock { $0 }.answer(request, connection)
        }
        let store = try WebTestStore.make(server)
        let version = try await store.stat("file").version
        file.withLock { $0.tag = "\"two\"" }
        for range in [ReadRange.whole, ReadRange(from: 2, count: 3)] {
            await expectFailure(.changed) { () throws(StoreError) in
                try await store.text("file", range, of: version)
            }
        }
        file.withLock { $0.tag = nil }
        let dated = try await store.stat("file").version
        #expect(try await store.text("file", of: dated) == "0123456789")
        file.withLock { $0.modified = "Fri, 20 Nov 2026 10:00:01 GMT" }
        await expectFailure(.changed) { () throws(StoreError) in try await store.text("file", of: dated) }
    }

    /// What was cut short is asked for again, and the end is what was announced.
    @Test func truncated() async throws {
        let server = try ScriptedServer { request, connection in
            guard request.number > 2 else {
                try connection.send("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n01234")
                return connection.close()
            }
            try WebFile("0123456789").answer(request, connection)
        }
        #expect(try await WebTestStore.make(server).text("file") == "0123456789")
        #expect(server.requests == 3)
        let never = try ScriptedServer { _, connection in
            try connection.send("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n01234")
            connection.close()
        }
        let store = try WebTestStore.make(never)
        await expectFailure(.inputOutput) { () throws(StoreError) in try await store.text("file") }
    }

    @Test func slowAndStalled() async throws {
        let slow = try ScriptedServer { _, connection in
            try connection.send("HTTP/1.1 200 OK\r\nContent-Length: 4096\r\n\r\n")
            for _ in 0..<4 {
                try connection.send([UInt8](repeating: 7, count: 1024))
                ScriptedConnection.pause(milliseconds: 100)
            }
        }
        let result = try await WebTestStore.make(slow).read("file", .whole, of: nil, into: .bytes(limit: 4096))
        #expect(result.count == 4096)
        let stalled = try ScriptedServer { request, connection in
            guard request.number == 1 else { return try WebFile("0123456789").answer(request, connection) }
            try connection.send("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n01234")
            connection.stall()
        }
        #expect(try await WebTestStore.make(stalled).text("file") == "0123456789")
    }
}
