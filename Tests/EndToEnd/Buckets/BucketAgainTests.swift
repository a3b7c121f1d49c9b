import Foundation
import TestSupport
import Testing

/// Copies that are run again: what is in place costs no more than the listing.
@Suite(.over(.seaweedFS, .ceph, .google, .fakeGCS, .azure)) struct BucketAgainTests {
    private var sandbox: BucketSandbox
    private let proxy: FaultProxy
    private let objects: [String: [UInt8]] = [
        "a": Array("one".utf8), "d/b": Array("two".utf8), "large": BucketSandbox.bytes(11 << 20),
    ]

    init() async throws {
        sandbox = try await BucketSandbox(objects)
        proxy = try sandbox.proxy()
    }

    private func task(_ keys: String = "") -> String { sandbox.task(nil, "part_size: 5MiB" + keys) }
    private func reads(since before: Int) -> [String] {
        proxy.reads.dropFirst(before).map { String($0.request.key.split(separator: "/").last ?? "") }
    }

    @Test func secondRunAsksOnlyForTheListing() async throws {
        try await sandbox.succeed(task())
        let before = proxy.passages.count
        let document = try await sandbox.succeed(task())
        #expect(document.objects == ["total": 3, "done": 0, "skipped": 3])
        #expect(document.mounts.first?.bytes["done"] == 0)
        #expect(proxy.passages.count == before + 1)
        #expect(proxy.passages.last?.isListing == true)
        sandbox.expect(objects)
    }

    /// Also one of the same length, and within the same second.
    @Test func whatWasReplacedIsFetchedAgain() async throws {
        try await sandbox.succeed(task())
        let before = proxy.reads.count
        try await sandbox.put(["a": "eno", "new": "new"] as [String: String])
        let document = try await sandbox.succeed(task())
        #expect(document.objects == ["total": 4, "done": 2, "skipped": 2])
        #expect(reads(since: before).sorted() == ["a", "new"])
        #expect(document.diagnostics == [])
        sandbox.expect(objects.merging(.text(["a": "eno", "new": "new"])) { _, new in new })
    }

    /// Without notes, size and time have to do.
    @Test func withAnotherStateFolder() async throws {
        try await sandbox.succeed(task())
        let before = proxy.reads.count
        let document = try await sandbox.succeed(task(), "--state-dir", sandbox.files.path("other"))
        #expect(document.objects["skipped"] == 3)
        #expect(reads(since: before) == [])
    }

    @Test func localEditsAreReplacedAndTold() async throws {
        try await sandbox.succeed(task())
        let before = proxy.reads.count
        try Files.write("mine", to: sandbox.files.destination + "/a")
        try Files.remove(sandbox.files.destination + "/d/b")
        let document = try await sandbox.succeed(task())
        #expect(document.diagnostics.contains { $0.hasPrefix("warning nonempty-destination 1 file") })
        #expect(reads(since: before).sorted() == ["a", "b"])
        sandbox.expect(objects)
    }

    @Test func forced() async throws {
        try await sandbox.succeed(task())
        let before = proxy.reads.count
        #expect(try await sandbox.succeed(task(), "--force").objects["done"] == 3)
        #expect(reads(since: before).sorted() == ["a", "b", "large", "large", "large"])
        sandbox.expect(objects)
    }

    // MARK: on_nonempty

    @Test func refuse() async throws {
        let refuse = ", on_nonempty: refuse"
        try await sandbox.succeed(task(refuse))
        #expect(try await sandbox.succeed(task(refuse)).objects["skipped"] == 3)
        try Files.write("mine", to: sandbox.files.destination + "/mine")
        let before = proxy.reads.count
        for options in [["--dry-run"], []] {
            let finished = try await sandbox.start(task(refuse), options).end()
            #expect(finished.status == 73)
            #expect(try Document(finished).diagnostics.contains { $0.hasPrefix("error nonempty-destination") })
        }
        #expect(reads(since: before) == [])
    }

    @Test func mirrorRemovesWhatTheBucketHasNoLonger() async throws {
        let mirror = ", on_nonempty: mirror"
        try await sandbox.succeed(task(mirror))
        try Files.write("mine", to: sandbox.files.destination + "/mine")
        try await sandbox.server.delete(["a", "d/b"], in: sandbox.bucket)
        try await sandbox.succeed(task(mirror))
        sandbox.expect(["large": objects["large"] ?? [], "mine": Array("mine".utf8)])
    }

    /// After a listing that failed, or that has nothing in it, nothing is removed.
    @Test func mirrorKeepsAllWhenTheListingIsNoGood() async throws {
        let mirror = ", on_nonempty: mirror"
        try await sandbox.succeed(task(mirror))
        proxy.add(Fault.listing(Fault.refusal(403, "AccessDenied")))
        try await sandbox.fail(77, task(mirror))
        sandbox.expect(objects)
        try await sandbox.server.delete(Array(objects.keys), in: sandbox.bucket)
        let document = try await sandbox.succeed(task(mirror))
        #expect(document.diagnostics.contains { $0.contains("nothing to copy") })
        sandbox.expect(objects)
    }
}
