import Platform
import Synchronization
import TestSupport
import Testing

@testable import ObjectStore

/// Large bodies, which go in sessions that servers keep more or less of.
struct GCSSessionTests {
    private static let large = ByteSource.bytes([UInt8](repeating: 7, count: 3 << 20))

    /// Answers the POST that begins a session, and the PUTs as a script says.
    private func sessions(
        _ script: @escaping @Sendable (_ put: Int, ReceivedRequest, ScriptedConnection) throws -> Void
    ) throws -> ScriptedServer {
        let puts = Counter()
        return try ScriptedServer { request, connection in
            guard request.method == "PUT" else {
                return try connection.answer(200, ["Location": "http://\(request["Host"] ?? "")/up?upload_id=s"])
            }
            try script(puts.next(), request, connection)
        }
    }

    /// The server kept half of it, says so, and gets the rest.
    @Test func halfOfItWasKept() async throws {
        let size = 3 << 20
        let server = try sessions { put, request, connection in
            switch put {
            case 1: try connection.answer(308, ["Range": "bytes=0-1048575"])
            case 2:
                #expect(request["Content-Range"] == "bytes */\(size)" && request.body.isEmpty)
                try connection.answer(308, ["Range": "bytes=0-1048575"])
            default:
                #expect(request["Content-Range"] == "bytes 1048576-\(size - 1)/\(size)")
                #expect(request.body.count == size - 1_048_576)
                try connection.answer(200, [:], GCSAnswers.object)
            }
        }
        let store = try GCSTestStore.make(onPort: server.port)
        #expect(try await store.put("a", Self.large, PutOptions()).version.text == "7")
        #expect(server.requests == 4)
    }

    /// It has all of it, and only the answer was lost.
    @Test func allOfItWasKept() async throws {
        let server = try sessions { put, request, connection in
            guard put > 1 else { return connection.reset() }
            #expect(request["Content-Range"] == "bytes */\(3 << 20)")
            try connection.answer(200, [:], GCSAnswers.object)
        }
        let store = try GCSTestStore.make(onPort: server.port)
        #expect(try await store.put("a", Self.large, PutOptions(if: .ifAbsent)).version.text == "7")
    }

    /// A 308 without a range means that nothing was kept.
    @Test func nothingOfItWasKept() async throws {
        let server = try sessions { put, request, connection in
            switch put {
            case 1: connection.reset()
            case 2: try connection.answer(308)
            default:
                #expect(request.body.count == 3 << 20)
                try connection.answer(200, [:], GCSAnswers.object)
            }
        }
        #expect(try await GCSTestStore.make(onPort: server.port).put("a", Self.large, PutOptions()).version.text == "7")
    }

    @Test(arguments: [404, 410])
    func aSessionThatHasEndedIsBegunAnewOnce(status: Int) async throws {
        let server = try sessions { put, _, connection in
            guard put > 1 else { return try connection.answer(status) }
            try connection.answer(200, [:], GCSAnswers.object)
        }
        #expect(try await GCSTestStore.make(onPort: server.port).put("a", Self.large, PutOptions()).version.text == "7")
        let gone = try sessions { _, _, connection in try connection.answer(status) }
        await expectFailure(.notFound) { () throws(StoreError) in
            try await GCSTestStore.make(onPort: gone.port).put("a", Self.large, PutOptions())
        }
        #expect(gone.requests == 4)
    }

    /// The token goes where the session is.
    @Test func aSessionIsAtTheServiceThatWasAsked() async throws {
        let server = try ScriptedServer { _, connection in
            try connection.answer(200, ["Location": "http://evil.example.org/?upload_id=s"])
        }
        let failure = await #expect(throws: StoreError.self) {
            try await GCSTestStore.make(onPort: server.port).put("a", Self.large, PutOptions())
        }
        #expect(failure?.code == .inputOutput && failure?.message.contains("upload_id") == false)
        #expect(server.requests == 1)
    }
}

private final class Counter: Sendable {
    private let count = Atomic(0)

    func next() -> Int { count.add(1, ordering: .relaxed).newValue }
}
