import Foundation
import TestSupport
import Testing

/// Objects that change or go while they are copied: told, and never mixed.
@Suite(.over(.seaweedFS, .ceph, .google, .fakeGCS, .azure)) struct BucketChangeTests {
    private let before = BucketSandbox.bytes(11 << 20, seed: 1)
    private let after = BucketSandbox.bytes(11 << 20, seed: 2)

    private func task(_ sandbox: BucketSandbox) -> String { sandbox.task(nil, "part_size: 5MiB, concurrency: 1") }

    /// Does something to the bucket from a thread of the proxy's, which waits for it.
    private func fault(
        reading key: String, skip: Int = 0, _ change: @escaping @Sendable () async throws -> Void
    ) -> Fault {
        Fault.reading(
            key,
            .meanwhile {
                let done = DispatchSemaphore(value: 0)
                Task.detached {
                    do {
                        try await change()
                    } catch {
                        Issue.record("the bucket could not be changed: \(error)")
                    }
                    done.signal()
                }
                done.wait()
            }, skip: skip)
    }

    @Test func replacedBetweenTwoParts() async throws {
        var sandbox = try await BucketSandbox(["large": before, "small": [1]])
        let (server, bucket, after) = (sandbox.server, sandbox.bucket, after)
        let proxy = try sandbox.proxy(
            fault(reading: "large", skip: 1) { try await server.put("large", after, in: bucket) })
        let document = try await sandbox.fail(74, task(sandbox))
        proxy.expectDone()
        #expect(document.mounts.first?.code == "source-changed")
        #expect((document.mounts.first?.error["message"] as? String)?.contains("`large`") == true)
        #expect(document.mounts.first?.error["retryable"] as? Bool == true)
        sandbox.expectNothingElse(than: ["small": [1]])
        // Parts of the old version are of no use any more.
        try await sandbox.succeed(task(sandbox))
        sandbox.expect(["large": after, "small": [1]])
    }

    @Test func replacedBehindTheListing() async throws {
        var sandbox = try await BucketSandbox(.text(["a": "old"]))
        let (server, bucket) = (sandbox.server, sandbox.bucket)
        let proxy = try sandbox.proxy(fault(reading: "a") { try await server.put("a", Array("new".utf8), in: bucket) })
        let document = try await sandbox.fail(74, task(sandbox))
        proxy.expectDone()
        #expect(document.mounts.first?.code == "source-changed")
        #expect(sandbox.found == [:])
        try await sandbox.succeed(task(sandbox))
        sandbox.expect(["a": "new"])
    }

    @Test func goneBehindTheListing() async throws {
        var sandbox = try await BucketSandbox(.text(["a": "old", "b": "stays"]))
        let (server, bucket) = (sandbox.server, sandbox.bucket)
        let proxy = try sandbox.proxy(fault(reading: "a") { try await server.delete(["a"], in: bucket) })
        let document = try await sandbox.fail(74, task(sandbox))
        proxy.expectDone()
        #expect(document.mounts.first?.code == "source-changed")
        #expect((document.mounts.first?.error["message"] as? String)?.contains("gone") == true)
        sandbox.expectNothingElse(than: .text(["b": "stays"]))
        try await sandbox.succeed(task(sandbox))
        sandbox.expect(["b": "stays"])
    }
}
