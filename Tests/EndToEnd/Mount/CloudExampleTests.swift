import Foundation
import TestSupport
import Testing

extension MountedTasks {
    /// The examples of clouds, run as their users run them: from servers of this machine, which stand in for the clouds.
    @Suite(.onEveryCloud) struct CloudExampleTests {
        private let sandbox: MountSandbox
        private let amazon: BucketSandbox
        private let google: BucketSandbox
        private let azure: BucketSandbox

        init() async throws {
            let dataset = ["train/a": "one\n", "train/deep/b": "two\n", "other": "not asked for\n"]
            let model = ["base/weights.bin": "weights\n"]
            amazon = try await BucketSandbox(on: TestCloud.seaweedFS.server, .text(dataset))
            google = try await BucketSandbox(on: TestCloud.google.server, .text(dataset))
            azure = try await BucketSandbox(
                on: TestCloud.azure.server, .text(dataset.merging(model) { first, _ in first }))
            var environment = ["HOME": ""]
            for bucket in [amazon, google, azure] { environment.merge(try bucket.variables) { _, new in new } }
            sandbox = try MountSandbox(environment: environment)
            sandbox.environment["HOME"] = sandbox.path("home")
        }

        private func run(_ name: String, _ buckets: [String: String], _ options: String...) throws -> Finished {
            let file = Judge.project.appending(path: "examples/\(name).yaml").path
            let values = buckets.flatMap { ["--env", "\($0.key)=\($0.value)"] }
            return try Program.run(
                [Program.provision, file, "--state-dir", sandbox.files.state] + values + options,
                environment: sandbox.environment, in: sandbox.files.folder.path)
        }

        private func expectDataset(at location: Testing.SourceLocation = #_sourceLocation) throws {
            let found = try sandbox.output("cd \(sandbox.path("home/dataset")) && cat a deep/b && ls", at: location)
            #expect(found == "one\ntwo\na\ndeep\n", sourceLocation: location)
        }

        /// What is written into the mount is in the bucket after `down`.
        private func expectCheckpoint(
            _ name: String, in bucket: BucketSandbox, at location: Testing.SourceLocation = #_sourceLocation
        ) async throws {
            let folder = sandbox.path("home/checkpoints")
            #expect(try sandbox.output("echo saved > \(folder)/step-1; cat \(folder)/step-1") == "saved\n")
            let ended = try sandbox.verb("down", name)
            #expect(ended.status == 0, "\(ended)", sourceLocation: location)
            try sandbox.expectNothingLeft(at: location)
            try await bucket.succeed(bucket.task(bucket.url + "/run-1/"), at: location)
            bucket.expect(["step-1": "saved\n"], at: location)
        }

        @Test func googles() async throws {
            let buckets = ["DATASET": google.bucket, "OUTPUT": google.bucket]
            #expect(try run("gcs", buckets, "--dry-run").status == 0)
            let finished = try run("gcs", buckets)
            #expect(finished.status == 0, "\(finished)")
            try expectDataset()
            try await expectCheckpoint("gcs", in: google)
        }

        @Test func azures() async throws {
            let buckets = ["DATASET": azure.bucket, "OUTPUT": azure.bucket]
            #expect(try run("azure", buckets, "--dry-run").status == 0)
            let finished = try run("azure", buckets)
            #expect(finished.status == 0, "\(finished)")
            try expectDataset()
            try await expectCheckpoint("azure", in: azure)
        }

        @Test func threeClouds() async throws {
            let buckets = ["DATASET": amazon.bucket, "MODELS": azure.bucket, "OUTPUT": google.bucket]
            let asked = try run("three-clouds", buckets, "--dry-run")
            #expect(asked.status == 0, "\(asked)")
            let finished = try run("three-clouds", buckets, "--output", "json")
            #expect(finished.status == 0, "\(finished)")
            #expect(try Document(finished).mounts.compactMap(\.state).sorted() == ["copied", "copied", "mounted"])
            try expectDataset()
            #expect(try sandbox.output("cat \(sandbox.path("home/model/weights.bin"))") == "weights\n")
            try await expectCheckpoint("three-clouds", in: google)
        }
    }
}

extension Trait where Self == ConditionTrait {
    fileprivate static var onEveryCloud: Self {
        let absence = [TestCloud.seaweedFS, .google, .azure].compactMap(\.absence).first
        return .enabled(if: absence == nil, Comment(rawValue: absence ?? ""))
    }
}
