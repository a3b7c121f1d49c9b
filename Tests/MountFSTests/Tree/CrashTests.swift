import Glibc
import ObjectStore
import Platform
import Testing

@testable import MountFS

/// A session that follows one that has crashed: what the kernel holds means the same to it.
struct CrashTests {
    @Test func nodesMeanTheSame() async throws {
        let bucket = MemoryBucket()
        for key in ["d/e/f", "d/g", "h"] { bucket.set(ObjectKey(key), [1, 2]) }
        let mount = try TestMount(bucket)
        let file = try #require(try await mount.find("d/e/f")).attributes.node
        let folder = try #require(try await mount.find("d")).attributes.node
        let next = try mount.successor()
        #expect(try await next.attributes(of: file).size == 2)
        #expect(try await next.read(file) == [1, 2])
        #expect(try await next.texts(folder) == ["e", "g"])
        #expect(try await next.find("d/e/f")?.attributes.node == file)
        let new = try #require(try await next.find("h")).attributes.node
        #expect(![file, folder, .root].contains(new))
        await #expect(throws: SystemError.stale) { try await next.attributes(of: NodeID(1 << 40)) }
    }

    @Test func openFilesGoOnWithTheirVersionOrNotAtAll() async throws {
        let bucket = MemoryBucket()
        bucket.set("a", [1, 2, 3])
        let mount = try TestMount(bucket)
        let node = try #require(try await mount.lookUp("a".utf8)).attributes.node
        let open = try await answer { mount.files.open(node, Access(flags: O_RDONLY), by: .test, $0) }
        let next = try mount.successor()
        #expect(try await next.read(node, open.handle, 2, at: 1) == [2, 3])
        #expect(try await next.read(node, open.handle, 9, at: 0) == [1, 2, 3])
        let other = try mount.successor()
        bucket.set("a", [4, 5, 6])
        await #expect(throws: SystemError.stale) { try await other.read(node, open.handle, 3) }
        other.files.release(node, open.handle)
    }

    @Test func foldersAreReadOn() async throws {
        let bucket = MemoryBucket(pageSize: 5)
        let all = (10..<60).map { "f\($0)" }
        for key in all { bucket.set(ObjectKey(key)) }
        let mount = try TestMount(bucket)
        let handle = try await mount.openFolder(.root)
        let names = try await mount.readFolder(.root, handle, after: 0, room: 30)
        let next = try mount.successor()
        let rest = try await next.readFolder(.root, handle, after: names.last!.position, room: 100)
        var others = rest
        while true {
            let page = try await next.readFolder(.root, handle, after: others.last!.position, room: 100)
            if page.isEmpty { break }
            others += page
        }
        #expect((names + others).map(\.text) == [".", ".."] + all)
    }
}
