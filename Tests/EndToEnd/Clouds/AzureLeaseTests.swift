import Foundation
import HTTP
import TestSupport
import Testing

extension MountedTasks {
    /// Blobs that somebody else has reserved for himself, below a mount.
    @Suite(.onAzure) struct AzureLeaseTests {
        private let server: AzureBlob
        private let bucket: BucketSandbox
        private let sandbox: MountSandbox

        init() async throws {
            server = try await AzureBlob.shared.server
            bucket = try await BucketSandbox(on: server, .text(["a": "old\n", "b": "other\n"]))
            sandbox = try MountSandbox(reading: bucket)
        }

        private static let lease = "11111111-2222-3333-4444-555555555555"

        private func lease(_ action: String) async throws {
            try await server.ask(
                .put, "/\(bucket.bucket)/a", "comp=lease",
                ["x-ms-lease-action": action, "x-ms-lease-duration": "-1"].merging(
                    action == "acquire" ? ["x-ms-proposed-lease-id": Self.lease] : ["x-ms-lease-id": Self.lease]
                ) { $1 })
        }

        private func task(_ keys: String = "") -> String {
            "file_mounts: {\(sandbox.destination): {source: \"\(bucket.url)\", mode: MOUNT\(keys)}}"
        }

        /// It stays what it was, and whoever tries is told.
        @Test func aFileIsDeleted() async throws {
            try await lease("acquire")
            try sandbox.expect(0, task())
            let refused = try sandbox.shell("cd $M && rm a; mv a c; mv b a")
            #expect(refused.errors.split(separator: "\n").allSatisfy { $0.contains("Permission denied") }, "\(refused)")
            #expect(try sandbox.output("cd $M && cat a b") == "old\nother\n")
            #expect(try sandbox.status().trouble.contains("somebody holds a lease on it"))
            try await lease("release")
            #expect(try sandbox.output("cd $M && rm a && mv b a && cat a") == "other\n")
            #expect(try sandbox.document("down").exitCode == 0)
        }

        /// What was written is kept, and comes into the bucket when the lease has ended.
        @Test func aFileIsWritten() async throws {
            try await lease("acquire")
            try sandbox.expect(0, task(", commit: background"))
            #expect(try sandbox.output("echo new > $M/a") == "")
            try sandbox.wait("its trouble") { try sandbox.status().trouble.contains("somebody holds a lease on it") }
            let ended = try sandbox.document("down")
            #expect(ended.exitCode == 75, "\(ended.json)")
            #expect(try sandbox.output("cat $M/a") == "new\n")
            try await lease("release")
            #expect(try sandbox.document("down").exitCode == 0)
            try await bucket.succeed(bucket.task())
            bucket.expect(["a": "new\n", "b": "other\n"])
        }

        /// The program that has written it hears of it.
        @Test func aFileIsClosed() async throws {
            try await lease("acquire")
            try sandbox.expect(0, task())
            try sandbox.write(["content": "new\n"])
            let refused = try sandbox.shell("cp \(sandbox.path("content")) $M/a")
            #expect(refused.errors.contains("Permission denied"), "\(refused)")
            #expect(try sandbox.status().trouble.contains("somebody holds a lease on it"))
            try await lease("release")
            #expect(try sandbox.document("down").exitCode == 0)
        }
    }
}
