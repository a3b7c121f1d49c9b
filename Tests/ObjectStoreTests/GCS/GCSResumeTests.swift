import Checksums
import Platform
import TestSupport
import Testing

@testable import ObjectStore

/// Large bodies whose connection breaks, on a server that somebody else has written.
@Suite(.enabled(if: GoogleEmulator.isHere, Comment(rawValue: GoogleEmulator.absence)))
struct GCSResumeTests {
    enum Break: CaseIterable, Sendable { case inTheMiddle, beforeTheAnswer }

    @Test(arguments: Break.allCases) func uploadsGoOn(broken: Break) async throws {
        let server = try await GoogleEmulator.shared.server
        let bucket = try await server.makeBucket()
        let proxy = try FaultProxy(
            to: server.port,
            [Fault(broken == .inTheMiddle ? .cutOff(after: 1 << 20) : .behind {}, "PUT", of: "upload_id")])
        let store = try await GCSTestStore.make(on: server, bucket: bucket, port: proxy.port)
        let body = (0..<3 << 20).map { UInt8(truncatingIfNeeded: $0 &* 31 &+ $0 >> 10) }
        _ = try await store.put("a", .bytes(body), PutOptions())
        #expect(proxy.done == [1])
        // What has arrived was asked for before the rest was sent.
        let asked = proxy.passages.filter { $0.request["content-range"] == "bytes */\(body.count)" }
        #expect(!asked.isEmpty)
        let direct = try await GCSTestStore.make(on: server, bucket: bucket)
        // Of bytes it does not say which generation they are.
        let found = try await direct.stat("a")
        let right = try await FileChecksum.checksum(.md5, of: .bytes(body), "")
        #expect(found.size == body.count && found.checksums.contains(right))
    }
}
