import ObjectStore
import Platform
import Testing

@testable import MountFS

/// Folders in which other things are mounted: they are there whatever the store says.
struct MountPointTests {
    private func mount(_ bucket: MemoryBucket, root: ObjectKey = "", _ points: RawPath...) throws -> TestMount {
        try TestMount(bucket, root: root) { $0.mountPoints = points }
    }

    @Test func theyAreThereWithoutTheStore() async throws {
        let bucket = MemoryBucket()
        let mount = try mount(bucket, "in", "x/y")
        bucket.fail { _, _ in StoreError(.denied, "no") }
        var nodes: [NodeID] = []
        for path in ["in", "x", "x/y"] {
            let found = try #require(try await mount.find(path)).attributes
            #expect(found.kind == .folder && found.mode == 0o755)
            #expect(try await mount.attributes(of: found.node).kind == .folder)
            nodes.append(found.node)
        }
        #expect(bucket.takeCalls().isEmpty)
        // Also later, and for the session after a crash.
        mount.pass(milliseconds: 100_000)
        for other in [mount, try mount.successor()] {
            for (path, node) in zip(["in", "x", "x/y"], nodes) {
                #expect(try await other.find(path)?.attributes.node == node)
                #expect(try await other.attributes(of: node).kind == .folder)
            }
        }
        await #expect(throws: SystemError(code: 13)) { try await mount.lookUp("other".utf8) }
    }

    /// Once, whether the store has folders or objects of that name, on whatever page.
    @Test(arguments: [true, false]) func listingsHaveThemOnce(isInOrder: Bool) async throws {
        let bucket = MemoryBucket(pageSize: 3, listsInOrder: isInOrder)
        for name in ["a", "b/1", "c", "d/1", "d/2", "e", "f", "z", "z/1"] { bucket.set(ObjectKey(name), [1]) }
        let mount = try mount(bucket, "d", "f", "new/deep", "z")
        #expect(try await mount.texts().sorted() == ["a", "b", "c", "d", "e", "f", "new", "z"])
        for name in ["d", "f", "new", "z"] {
            #expect(try await mount.find(name)?.attributes.kind == .folder, "\(name)")
        }
        for entry in try await mount.list(isDetailed: true) where ["d", "f", "new", "z"].contains(entry.text) {
            #expect(try await mount.find(entry.text)?.attributes.node == entry.entry.attributes.node)
        }
        // What the store has below them is there until it is covered.
        #expect(try await mount.texts(try #require(try await mount.find("d")).attributes.node) == ["1", "2"])
        #expect(try await mount.texts(try #require(try await mount.find("f")).attributes.node) == [])
        #expect(try await mount.texts(try #require(try await mount.find("new")).attributes.node) == ["deep"])
    }

    @Test func belowAPrefix() async throws {
        let bucket = MemoryBucket()
        bucket.set("p/a", [1])
        let mount = try mount(bucket, root: "p/", "in")
        #expect(try await mount.texts().sorted() == ["a", "in"])
        #expect(try await mount.find("in")?.attributes.kind == .folder)
    }
}
