import Foundation
import TestSupport
import Testing

/// Copies that are asked to end, and disks that fail them.
@Suite(.over(.seaweedFS, .ceph, .google, .fakeGCS, .azure)) struct BucketEndingTests {
    private var sandbox: BucketSandbox
    private static let objects = Dictionary(
        uniqueKeysWithValues: (0..<60).map {
            (String(format: "k%02d", $0), BucketSandbox.bytes(50_000, seed: UInt64($0)))
        }
    ).merging(["large": BucketSandbox.bytes(16 << 20)]) { first, _ in first }
    private static let bucket = SharedBucket(objects)
    private static let cannotMount = Comment(rawValue: MountedFolder.absence)

    init() async throws {
        sandbox = try await BucketSandbox(Self.bucket)
    }

    private func task(_ sandbox: BucketSandbox) -> String { sandbox.task(nil, "part_size: 5MiB, concurrency: 2") }

    /// Whatever is there is right, what is left can be gone on with, and the next run fetches only what is missing.
    private func expectCompletion(_ sandbox: BucketSandbox, after proxy: FaultProxy) async throws {
        var sandbox = sandbox
        sandbox.expectNothingElse(than: Self.objects)
        let moved = proxy.bytesRead
        let second = try sandbox.proxy()
        try await sandbox.succeed(task(sandbox))
        sandbox.expect(Self.objects)
        // One part a connection is lost at most.
        #expect(moved + second.bytesRead <= Self.bucket.bytes + 2 * 5 << 20)
        #expect(second.bytesRead < Self.bucket.bytes)
    }

    @Test(arguments: [SIGTERM, SIGINT])
    func signals(number: Int32) async throws {
        var sandbox = sandbox
        let proxy = try sandbox.proxy(Fault(.stall(after: 100_000), of: "/large", skip: 2))
        let running = try sandbox.start(task(sandbox))
        for _ in 0..<4000 where proxy.done == [0] { try await Task.sleep(for: .milliseconds(2)) }
        running.signal(number)
        let finished = try await running.end(seconds: 20)
        #expect(finished.status == 128 + number, "\(finished.output)")
        let document = try Document(finished)
        #expect(document.exitCode == Int(128 + number))
        #expect(try #require(document.objects["done"]) < 61)
        proxy.expectDone()
        try await expectCompletion(sandbox, after: proxy)
    }

    @Test func timeLimit() async throws {
        var sandbox = sandbox
        let proxy = try sandbox.proxy(Fault(.stall(after: 100_000), of: "/large", skip: 2))
        let document = try await sandbox.fail(75, task(sandbox), "--timeout", "10s")
        #expect(document.exitCode == 75)
        proxy.expectDone()
        try await expectCompletion(sandbox, after: proxy)
    }

    /// Also while the server is still asked what there is.
    @Test(arguments: [SIGTERM, SIGINT, SIGHUP, 0])
    func whileItIsListed(signal: Int32) async throws {
        var sandbox = sandbox
        let proxy = try sandbox.proxy(Fault.listing(.stall(after: 0), times: 10))
        let running = try sandbox.start(task(sandbox), signal == 0 ? ["--timeout", "2s"] : [])
        for _ in 0..<4000 where proxy.passages.isEmpty { try await Task.sleep(for: .milliseconds(2)) }
        if signal != 0 { running.signal(signal) }
        let finished = try await running.end(seconds: 10)
        let status = signal == 0 ? 75 : 128 + signal
        #expect(finished.status == status, "\(finished.output)\(finished.errors)")
        let document = try Document(finished)
        #expect(document.exitCode == Int(status))
        #expect(document.result == "failed")
        #expect(document.mounts.map(\.state) == ["skipped"])
        #expect(sandbox.files.content("state/task/status.json") == finished.output)
        #expect(!Files.isThere(sandbox.files.destination))
    }

    @Test(.enabled(if: MountedFolder.isPossible, cannotMount))
    func aDiskThatFillsInTheMiddle() async throws {
        var sandbox = sandbox
        let mounted = try MountedFolder("size=40m")
        sandbox.files.destination = mounted.path + "/dst"
        let neighbour = mounted.path + "/neighbour"
        let proxy = try sandbox.proxy(
            Fault(
                .meanwhile { try? Files.write([UInt8](repeating: 1, count: 48 << 20), to: ByteName(neighbour.utf8)) },
                of: "/k", skip: 20))
        let document = try await sandbox.fail(28, task(sandbox))
        proxy.expectDone()
        #expect(document.mounts.first?.code == "not-enough-disk")
        #expect(document.mounts.first?.error["hint"] as? String != nil)
        try Files.remove(neighbour)
        try await expectCompletion(sandbox, after: proxy)
    }

    /// What a killed run has left takes room already, and is not asked for again.
    @Test(.enabled(if: MountedFolder.isPossible, cannotMount))
    func partsInPlaceAreNotCountedTwice() async throws {
        var sandbox = sandbox
        let mounted = try MountedFolder("size=24m")
        sandbox.files.destination = mounted.path + "/dst"
        let proxy = try sandbox.proxy(Fault(.stall(after: 100_000), of: "/large", skip: 2))
        let running = try sandbox.start(task(sandbox))
        for _ in 0..<4000 where proxy.done == [0] { try await Task.sleep(for: .milliseconds(2)) }
        running.signal(SIGKILL)
        _ = try await running.end()
        try await expectCompletion(sandbox, after: proxy)
    }

    @Test(.enabled(if: MountedFolder.isPossible, cannotMount))
    func aDestinationThatCannotBeWrittenTo() async throws {
        var sandbox = sandbox
        let mounted = try MountedFolder("size=40m")
        sandbox.files.destination = mounted.path + "/dst"
        try mounted.makeReadOnly()
        let proxy = try sandbox.proxy()
        for options in [["--dry-run"], []] {
            let finished = try await sandbox.start(task(sandbox), options).end()
            #expect(finished.status == 73, "\(finished.output)")
        }
        #expect(proxy.reads.count == 0)
    }
}
