import Foundation
import TestSupport
import Testing

/// `--dry-run` of a copy from a bucket: it asks, tells what it has learned, and changes nothing.
@Suite(.onSeaweedFS) struct S3DryRunTests {
    private var sandbox: BucketSandbox

    init() async throws {
        sandbox = try await BucketSandbox(
            SeaweedFS.shared, ["a": BucketSandbox.bytes(5000), "b/c": BucketSandbox.bytes(300)])
    }

    private func plan(_ finished: Finished) throws -> [String: Any] {
        let json = try JSONSerialization.jsonObject(with: Data(finished.output.utf8)) as? [String: Any]
        return try #require((json?["plan"] as? [[String: Any]])?.first, "\(finished.output)\(finished.errors)")
    }

    @Test func figuresOfThePlan() async throws {
        var sandbox = sandbox
        sandbox.environment["AWS_REGION"] = "eu-central-1"
        let finished = try await sandbox.run(sandbox.task(), "--dry-run")
        #expect(finished.status == 0)
        let plan = try plan(finished)
        #expect(plan["objects"] as? Int == 2)
        #expect(plan["bytes"] as? Int == 5300)
        #expect(plan["store"] as? String == "s3")
        #expect(plan["endpoint"] as? String == "http://127.0.0.1:\(sandbox.port)")
        #expect(plan["region"] as? String == "eu-central-1")
        let identity = try #require(plan["identity"] as? String)
        #expect(identity.contains("environment") && identity.contains("AKID") && !identity.contains("SECRET"))
        let disk = try #require(plan["disk"] as? [String: Any])
        #expect((5300...1 << 20).contains(try #require(disk["required"] as? Int)))
        #expect(try #require(disk["available"] as? Int) > 1 << 20)
        #expect(!Files.isThere(sandbox.files.destination))
        #expect(!Files.isThere(sandbox.files.state))
    }

    /// What is in place already takes no room.
    @Test func afterARun() async throws {
        try await sandbox.succeed(sandbox.task())
        let disk = try plan(try await sandbox.run(sandbox.task(), "--dry-run"))["disk"] as? [String: Any]
        #expect(disk?["required"] as? Int == 0)
    }

    @Test func inWordsForPeople() async throws {
        let finished = try await sandbox.run(sandbox.task(), "--dry-run", "--output", "text")
        #expect(finished.output.contains("2 files, 5.2 KiB"), "\(finished.output)")
        #expect(finished.errors == "")
    }

    /// Only the listing is asked for.
    @Test func readsNoObject() async throws {
        var sandbox = sandbox
        let proxy = try sandbox.proxy()
        #expect(try await sandbox.run(sandbox.task(), "--dry-run").status == 0)
        #expect(proxy.passages.count == 1 && proxy.reads.count == 0)
    }

    @Test func offlineAsksNobody() async throws {
        var sandbox = sandbox
        let proxy = try sandbox.proxy()
        let plan = try plan(try await sandbox.run(sandbox.task(), "--dry-run", "--offline"))
        for key in ["objects", "bytes", "identity"] { #expect(plan[key] is NSNull, "\(key)") }
        #expect(proxy.connections == 0)
    }

    @Test(.enabled(if: MountedFolder.isPossible, Comment(rawValue: MountedFolder.absence)))
    func notEnoughDisk() async throws {
        var sandbox = sandbox
        let mounted = try MountedFolder("size=2m")
        sandbox.files.destination = mounted.path + "/dst"
        try await sandbox.put(["big": BucketSandbox.bytes(3 << 20)])
        let proxy = try sandbox.proxy()
        for options in [["--dry-run"], []] {
            let finished = try await sandbox.start(sandbox.task(), options).end()
            #expect(finished.status == 28)
            let problem = try Document(finished).diagnostics.first { $0.hasPrefix("error not-enough-disk") }
            let numbers = try #require(problem).split { !$0.isNumber }.compactMap { Int($0) }
            #expect(numbers.contains { $0 >= 3 << 20 && $0 < 5 << 20 } && numbers.contains(2 << 20), "\(numbers)")
        }
        #expect(proxy.reads.count == 0)
        #expect(FileTree(mounted.path).names == [])
    }

    /// Two mounts of which each would fit.
    @Test(.enabled(if: MountedFolder.isPossible, Comment(rawValue: MountedFolder.absence)))
    func roomForAllMountsTogether() async throws {
        let mounted = try MountedFolder("size=4m")
        try await sandbox.put(["big": BucketSandbox.bytes(2 << 20)])
        let url = sandbox.url
        try await sandbox.fail(28, "file_mounts: {\(mounted.path)/1: \(url), \(mounted.path)/2: \(url)}")
        #expect(FileTree(mounted.path).names == [])
    }

    /// The same of inodes, of which small objects take as many as large ones.
    @Test(.enabled(if: MountedFolder.isPossible, Comment(rawValue: MountedFolder.absence)))
    func inodesForAllMountsTogether() async throws {
        var sandbox = sandbox
        let mounted = try MountedFolder("size=4m,nr_inodes=80")
        let small = Dictionary(uniqueKeysWithValues: (10..<50).map { ("\($0)", "\($0)") })
        try await sandbox.put(Dictionary(uniqueKeysWithValues: small.map { ("small/" + $0.key, $0.value) }))
        let proxy = try sandbox.proxy()
        let url = sandbox.url + "/small/"
        let task = "file_mounts: {\(mounted.path)/1: \(url), \(mounted.path)/2: \(url)}"
        for options in [["--dry-run"], []] {
            let finished = try await sandbox.start(task, options).end()
            try mounted.expectTooFewInodes(for: 2, finished)
        }
        #expect(proxy.reads.count == 0)
        try await sandbox.succeed(task, "--only", mounted.path + "/1")
        sandbox.files.destination = mounted.path + "/1"
        sandbox.expect(small)
    }
}
