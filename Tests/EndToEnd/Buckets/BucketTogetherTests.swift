import Foundation
import TestSupport
import Testing

/// Several copies of one thing at one time: each byte is moved once.
@Suite(.over(.seaweedFS, .ceph, .google, .fakeGCS, .azure)) struct BucketTogetherTests {
    private var sandbox: BucketSandbox
    private let proxy: FaultProxy
    private static let bucket = SharedBucket(
        Dictionary(uniqueKeysWithValues: (0..<40).map { ("k\($0)", BucketSandbox.bytes(3000, seed: UInt64($0))) })
            .merging(["large": BucketSandbox.bytes(11 << 20)]) { first, _ in first })

    init() async throws {
        sandbox = try await BucketSandbox(Self.bucket)
        proxy = try sandbox.proxy(bytesPerSecond: 20 << 20)
    }

    private var task: String { sandbox.task(nil, "part_size: 5MiB") }

    private func end(_ running: [RunningProgram]) async throws -> [Document] {
        var documents: [Document] = []
        for program in running {
            let finished = try await program.end()
            #expect(finished.status == 0, "\(finished.output)\(finished.errors)")
            documents.append(try Document(finished))
        }
        return documents
    }

    @Test(arguments: [2, 4])
    func oneTransfer(count: Int) async throws {
        let words = try sandbox.files.words(task, [])
        let running = try (0..<count).map { _ in try sandbox.start(words: words) }
        let documents = try await end(running)
        sandbox.expect(Self.bucket.objects)
        #expect(proxy.reads.count == 43)
        #expect(proxy.bytesRead == Self.bucket.bytes)
        #expect(documents.reduce(0) { $0 + ($1.objects["done"] ?? 0) } == 41)
    }

    /// Even if they begin at one moment and know nothing of each other's notes.
    @Test func atOneMomentWithTwoStateFolders() async throws {
        let running = try ["one", "two"].map { try sandbox.start(task, ["--state-dir", sandbox.files.path($0)]) }
        let documents = try await end(running)
        sandbox.expect(Self.bucket.objects)
        #expect(documents.reduce(0) { $0 + ($1.objects["done"] ?? 0) } == 41)
        #expect(proxy.bytesRead == Self.bucket.bytes)
    }

    /// The second comes when the first is in the middle, and sees none of its notes.
    @Test func withTwoStateFolders() async throws {
        let first = try sandbox.start(task)
        for _ in 0..<2000 where proxy.reads.isEmpty { try await Task.sleep(for: .milliseconds(2)) }
        let second = try sandbox.start(task, ["--state-dir", sandbox.files.path("other")])
        let documents = try await end([first, second])
        sandbox.expect(Self.bucket.objects)
        #expect(documents.map { $0.objects["done"] } == [41, 0])
        #expect(proxy.bytesRead == Self.bucket.bytes)
    }

    /// Who waits can be asked to end.
    @Test func aWaitThatEnds() async throws {
        proxy.add(Fault(.stall(after: 0), of: "/k39"))
        let first = try sandbox.start(task)
        for _ in 0..<2000 where proxy.done == [0] { try await Task.sleep(for: .milliseconds(2)) }
        let second = try sandbox.start(task, ["--timeout", "100ms"])
        #expect(try await second.end().status == 75)
        first.signal(SIGTERM)
        #expect(try await first.end().status == 143)
        #expect(proxy.reads.count <= 43)
        try await sandbox.succeed(task)
        sandbox.expect(Self.bucket.objects)
    }
}
