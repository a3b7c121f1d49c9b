import ObjectStore
import Platform
import Testing

@testable import MountFS

/// When listings are completed with what only the objects themselves say.
struct MetadataTests {
    @Test func aBucketWithoutAttributesIsOnlySampled() async throws {
        let bucket = MemoryBucket(keepsMetadata: true)
        for folder in 10..<50 {
            for file in 0..<20 { bucket.set(ObjectKey("d\(folder)/f\(file)"), metadata: ["mtime": "1650000000"]) }
        }
        let mount = try TestMount(bucket)
        for folder in try await mount.list(isDetailed: true) {
            #expect(try await mount.list(folder.entry.attributes.node, isDetailed: true).count == 20)
        }
        var stats = 0
        while stats < MetadataHabit.samples {
            stats += bucket.takeCalls().count { if case .stat = $0 { true } else { false } }
            await Task.yield()
        }
        mount.pass(milliseconds: 1001)
        _ = try await mount.list(isDetailed: true)
        #expect(stats == MetadataHabit.samples && bucket.takeCalls() == [.list(prefix: "")])
    }

    /// However often one folder is listed, and however long it is, the others have their turn.
    @Test func eachFolderIsSampledOnce() async throws {
        let bucket = MemoryBucket(pageSize: 3, keepsMetadata: true)
        for file in 0..<60 { bucket.set(ObjectKey("a\(file)")) }
        bucket.set("d/link", Array("../a0".utf8), metadata: ["mode": "41471"])
        let mount = try TestMount(bucket)
        for _ in 0..<20 {
            #expect(try await mount.list(isDetailed: true).count == 61)
            mount.pass(milliseconds: 1001)
        }
        let folder = try #require(try await mount.find("d")).attributes.node
        for _ in 0..<100 where try await mount.list(folder, isDetailed: true).first?.entry.attributes.kind != .link {
            mount.pass(milliseconds: 1001)
            await Task.yield()
        }
        #expect(try await mount.list(folder, isDetailed: true).first?.entry.attributes.kind == .link)
    }

    @Test func aBucketThatWasWrittenThroughAMountIsListedAsItIs() async throws {
        let bucket = MemoryBucket(pageSize: 30, keepsMetadata: true)
        for number in 100..<200 {
            bucket.set(ObjectKey("f\(number)"), [1], metadata: ["mode": number % 2 == 0 ? "33261" : "33152"])
        }
        bucket.set("f150l", Array("f150".utf8), metadata: ["mode": "41471"])
        bucket.set("g", [2])
        let mount = try TestMount(bucket)
        for isDetailed in [true, false] {
            let names = try await mount.list(isDetailed: isDetailed)
            #expect(names.count == 102)
            for name in names {
                #expect(name.entry.attributes.kind == (name.text == "f150l" ? .link : .file))
                guard isDetailed, let number = Int(name.text.dropFirst()) else { continue }
                #expect(name.entry.attributes.mode == (number % 2 == 0 ? 0o755 : 0o600))
            }
        }
        #expect(try await mount.lookUp("f150l".utf8)?.attributes.kind == .link)
        // Each object once, and one of them as a sample.
        #expect(bucket.takeCalls().count { if case .stat = $0 { true } else { false } } == 103)
    }

    /// What only one object of a folder has, the first one, decides whether the others are asked as well.
    @Test(arguments: [
        ("mode", "33261", true), ("uid", "7", true), ("gid", "7", true), ("mtime", "1", false), ("x", "y", false),
    ])
    func whatOthersAreAskedFor(name: String, value: String, areAsked: Bool) async throws {
        let bucket = MemoryBucket(keepsMetadata: true)
        bucket.set("f0", metadata: [name: value])
        for number in 1..<10 { bucket.set(ObjectKey("f\(number)")) }
        let mount = try TestMount(bucket)
        #expect(try await mount.list(isDetailed: true).count == 10)
        let asked = Set(bucket.takeCalls()).subtracting([.list(prefix: "")])
        #expect(asked == Set((0..<(areAsked ? 10 : 1)).map { .stat(ObjectKey("f\($0)")) }))
    }

    @Test func sixtyFourAreAskedAtATime() async throws {
        let bucket = MemoryBucket(keepsMetadata: true)
        bucket.set("first", metadata: ["mode": "33261"])
        for number in 0..<200 { bucket.set(ObjectKey("d/f\(number)")) }
        let mount = try TestMount(bucket)
        _ = try await mount.list(isDetailed: true)
        let folder = try #require(try await mount.find("d")).attributes.node
        bucket.halt { if case .stat = $0 { true } else { false } }
        _ = bucket.takeCalls()
        async let names = mount.list(folder, isDetailed: true)
        var stats = 0
        while stats < 64 {
            stats += bucket.takeCalls().count { if case .stat = $0 { true } else { false } }
            await Task.yield()
        }
        try await Task.sleep(for: .milliseconds(20))
        #expect(stats == 64 && bucket.takeCalls().isEmpty)
        bucket.goOn()
        #expect(try await names.count == 200)
    }

    @Test func whoSeesAnAttributeAsksForThoseOfOthers() async throws {
        let bucket = MemoryBucket(keepsMetadata: true)
        bucket.set("d/a")
        bucket.set("d/b", metadata: ["mode": "33261"])
        let mount = try TestMount(bucket)
        let folder = try #require(try await mount.find("d")).attributes.node
        #expect(try await mount.list(folder, isDetailed: true).map(\.entry.attributes.mode) == [0o644, 0o644])
        mount.pass(milliseconds: 1001)
        #expect(try await mount.lookUp("b".utf8, in: folder)?.attributes.mode == 0o755)
        bucket.set("d/c", metadata: ["mode": "33152"])
        mount.pass(milliseconds: 1001)
        let modes = try await mount.list(folder, isDetailed: true).map(\.entry.attributes.mode)
        #expect(modes == [0o644, 0o755, 0o600])
    }

    @Test func objectsThatCannotBeAskedAreListedAllTheSame() async throws {
        let bucket = MemoryBucket(keepsMetadata: true)
        for number in 0..<5 { bucket.set(ObjectKey("f\(number)"), metadata: ["mode": "33261"]) }
        bucket.fail { _, call in call == .stat("f3") ? StoreError(.denied, "not f3") : nil }
        let mount = try TestMount(bucket)
        let modes = try await mount.list(isDetailed: true).map(\.entry.attributes.mode)
        #expect(modes == [0o755, 0o755, 0o755, 0o644, 0o755])
        #expect(mount.lines.all == ["not f3"])
    }
}
