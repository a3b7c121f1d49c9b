import Foundation
import TestSupport
import Testing

/// How much memory a copy takes: not more with every key, and not more than it was given.
@Suite struct S3MemoryTests {
    private let folder: TemporaryFolder

    init() throws {
        folder = try TemporaryFolder()
    }

    private func start(_ words: [String], _ port: Int, temporary: String? = nil) throws -> RunningProgram {
        try folder.write(
            "file_mounts: {\(folder.path("dst")): {source: s3://data/, mode: COPY}}", to: "task.yaml")
        var environment = [
            "AWS_ENDPOINT_URL_S3": "http://127.0.0.1:\(port)", "AWS_ACCESS_KEY_ID": "a", "AWS_SECRET_ACCESS_KEY": "b",
            "AWS_EC2_METADATA_DISABLED": "true",
        ]
        environment["TMPDIR"] = temporary
        return try Program.start(
            [Program.provision, "task.yaml", "--output", "json"] + words, environment: environment, in: folder.path)
    }

    /// Its end, and the most memory that it had.
    private func measure(_ program: RunningProgram) async throws -> (Finished, peak: Int) {
        var peak = 0
        while try program.isRunning {
            peak = max(peak, program.peakMemory ?? 0)
            try await Task.sleep(for: .milliseconds(2))
        }
        return (try program.wait(), peak)
    }

    /// Beyond what is kept in memory at most, another key takes no room: 600,000 of them would take 54 MB packed, and four times
    /// that otherwise, beside the 25 MB of the program.
    @Test func listingsDoNotGrowWithTheirKeys() async throws {
        let count = 600_000
        let server = try NumberedBucket.serve(count)
        let (finished, peak) = try await measure(try start(["--dry-run"], server.port))
        #expect(finished.status == 0, "\(finished.output)\(finished.errors)")
        #expect(finished.output.contains("\"objects\": \(count)"))
        #expect(peak <= 64 << 20, "\(peak)")
    }

    // MARK: --max-memory

    @Test(arguments: ["1", "1M", "67108863"])
    func tooLittleIsRefused(size: String) async throws {
        for words in [["--dry-run"], []] {
            let finished = try await start(["--max-memory", size] + words, 1).end()
            #expect(finished.status == 64)
            #expect(finished.output == "")
            #expect(
                finished.errors.contains("--max-memory: ") && finished.errors.contains("64MiB"), "\(finished.errors)")
        }
    }

    /// The largest parts that are usual, many small ones and a great listing, with the least that may be asked for.
    @Test(.onSeaweedFS) func theLeastIsEnough() async throws {
        let objects: [String: [UInt8]] = Dictionary(
            uniqueKeysWithValues: [("large", BucketSandbox.bytes(100 << 20))]
                + (0..<300).map { ("small/\($0)", BucketSandbox.bytes(20_000, seed: UInt64($0))) })
        let sandbox = try await BucketSandbox(SeaweedFS.shared, objects)
        let (finished, peak) = try await measure(try sandbox.start(sandbox.task(), ["--max-memory", "64MiB"]))
        #expect(finished.status == 0, "\(finished.output)\(finished.errors)")
        #expect(peak > 0 && peak <= 64 << 20, "\(peak)")
        sandbox.expect(objects)
    }

    // MARK: Where listings are kept

    /// A full disk is a full disk, also when it is the one for temporary files.
    @Test(.enabled(if: MountedFolder.isPossible, "\(MountedFolder.absence)"), arguments: ["--dry-run", "-q"])
    func noRoomForTheListing(word: String) async throws {
        let server = try NumberedBucket.serve(200_000)
        let mounted = try MountedFolder("size=1m")
        let finished = try await start([word], server.port, temporary: mounted.path).end()
        #expect(finished.status == 28, "\(finished.output)\(finished.errors)")
        let found = finished.output.contains("not-enough-disk") && finished.output.contains(mounted.path)
        #expect(found, "\(finished.output)")
        #expect(finished.output.contains("TMPDIR"))
        #expect(try folder.names == ["task.yaml"])
        // What comes after is not asked for any more.
        #expect(server.requests < 190)
    }
}
