import Glibc
import ObjectStore
import Platform
import Testing

@testable import MountFS

/// What the store calls a request stands in what is told of its failure.
struct ToldRequestTests {
    private func sandbox(
        refusing request: String, _ isMeant: @escaping @Sendable (MemoryBucket.Call) -> Bool
    ) throws -> WritingSandbox {
        let sandbox = try WritingSandbox(.close, ["f": "old"])
        sandbox.bucket.fail { _, call in
            isMeant(call) ? StoreError(.denied, "not you", requestID: request) : nil
        }
        return sandbox
    }

    @Test func aRefusedUpload() async throws {
        let sandbox = try sandbox(refusing: "PUT1") { if case .put = $0 { true } else { false } }
        let file = try await sandbox.program.open("f", O_WRONLY | O_TRUNC)
        try await sandbox.program.write("new", to: file)
        await expectError(EACCES) { try await sandbox.program.close(file) }
        #expect(sandbox.mount.lines.all.contains("f: not you (request PUT1)"), "\(sandbox.mount.lines.all)")
        sandbox.bucket.fail(nil)
        #expect(await soon { sandbox.mount.progress.isSafe && sandbox.bucket.text("f") == "new" })
    }

    @Test func refusedAttributes() async throws {
        let sandbox = try sandbox(refusing: "COPY1") { if case .copy = $0 { true } else { false } }
        try await sandbox.program.change("f") { $0.mode = 0o600 }
        await sandbox.mount.drain()
        let told = "f: attributes cannot be stored: not you (request COPY1)"
        #expect(sandbox.mount.lines.all.contains(told), "\(sandbox.mount.lines.all)")
    }
}
