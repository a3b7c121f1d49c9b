import TestSupport
import Testing

extension MountedBuckets {
    /// What a service calls a request that it has refused is told of mounts as well, wherever its failure is.
    @Suite(.over(.seaweedFS, .azure)) struct MountRequestIDTests {
        /// As S3 names it, and as Azure does.
        private static func refusal(_ request: String) -> Fault.Deed {
            Fault.refusal(403, "AccessDenied", ["x-amz-request-id": request, "x-ms-request-id": request])
        }

        private func expectTold(
            _ request: String, in sandbox: MountSandbox, at location: Testing.SourceLocation = #_sourceLocation
        ) throws {
            let named = "(request \(request))"
            try sandbox.wait("the reason") { try sandbox.status().trouble.contains(named) }
            let status = try sandbox.verb("status")
            #expect(status.output.contains(named), "\(status)", sourceLocation: location)
            let log = try TemporaryFolder.text(of: sandbox.files.state + "/task/log")
            #expect(log.contains(named), "\(log)", sourceLocation: location)
        }

        @Test func aRefusedRead() async throws {
            let (bucket, proxy, sandbox) = try await MountSandbox.ofBucket(["small": BucketSandbox.bytes(20_000)])
            try sandbox.expect(0, sandbox.task(of: bucket))
            proxy.add(.reading("small", Self.refusal("READ1"), times: .max))
            let read = try sandbox.shell("cat $M/small")
            #expect(read.errors.contains("Permission denied"), "\(read)")
            try expectTold("READ1", in: sandbox)
        }

        @Test func aRefusedUpload() async throws {
            let (bucket, proxy, sandbox) = try await MountSandbox.ofBucket()
            let entry = "{source: \"\(bucket.url)\", mode: MOUNT, commit: background}"
            try sandbox.expect(0, "file_mounts: {\(sandbox.destination): \(entry)}")
            proxy.add(Fault.writing("new", Self.refusal("PUT1"), times: .max))
            #expect(try sandbox.output("echo new > $M/new") == "")
            try expectTold("PUT1", in: sandbox)
            // Whoever waits for it is told why it does not come.
            let flushed = try sandbox.document("flush")
            let trouble = flushed.mounts.first?.trouble ?? ""
            #expect(flushed.exitCode == 75 && trouble.contains("(request PUT1)"), "\(flushed.json)")
            proxy.removeFaults()
            #expect(try sandbox.document("flush").exitCode == 0)
        }
    }
}
