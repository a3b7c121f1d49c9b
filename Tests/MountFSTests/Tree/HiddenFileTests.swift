import Glibc
import MountFS
import ObjectStore
import Platform
import TestSupport
import Testing

/// A file that is open while a folder of its name comes into the bucket, where both can be.
struct HiddenFileTests {
    /// Most of it is fetched only after it is hidden, whether somebody finds that out by the name or by a listing.
    @Test(arguments: [false, true]) func whatIsOpenIsReadToItsEnd(isListed: Bool) async throws {
        let bucket = MemoryBucket()
        let bytes = Content.bytes(5 << 20, seed: 1)
        bucket.set("a", bytes)
        let mount = try TestMount(bucket)
        let node = try #require(try await mount.lookUp("a".utf8)).attributes.node
        let open = try await answer { mount.files.open(node, Access(flags: O_RDONLY), by: .test, $0) }
        var read = try await mount.read(node, open.handle, 4096)
        bucket.set("a/b", [1])
        mount.pass(milliseconds: 1001)
        // As long as nobody has asked for the name it is the file that it was.
        #expect(try await mount.attributes(of: node).size == bytes.count)
        if isListed {
            #expect(try await mount.list(isDetailed: true).map(\.entry.attributes.kind) == [.folder])
        } else {
            #expect(try await mount.lookUp("a".utf8)?.attributes.kind == .folder)
        }
        #expect(try await mount.find("a/b")?.attributes.size == 1)
        _ = bucket.takeCalls()
        while read.count < bytes.count {
            let more = try await mount.read(node, open.handle, 256 << 10, at: read.count)
            try #require(!more.isEmpty)
            read += more
        }
        #expect(read[...] == bytes[...])
        #expect(bucket.takeCalls().contains(.read("a")))
        // It has no name any more by which it could be opened anew, and can be looked at while it is open.
        await #expect(throws: SystemError(code: ESTALE)) { try await mount.read(node) }
        #expect(try await mount.attributes(of: node).size == bytes.count)
        mount.files.release(node, open.handle)
        await #expect(throws: SystemError(code: ESTALE)) { try await mount.attributes(of: node) }
    }

    /// Another version is none that was opened, whatever hides it.
    @Test func anotherVersionIsNotReadOn() async throws {
        let bucket = MemoryBucket()
        bucket.set("a", Content.bytes(5 << 20, seed: 1))
        let mount = try TestMount(bucket)
        let node = try #require(try await mount.lookUp("a".utf8)).attributes.node
        let open = try await answer { mount.files.open(node, Access(flags: O_RDONLY), by: .test, $0) }
        #expect(try await mount.read(node, open.handle, 4096).count == 4096)
        bucket.set("a/b", [1])
        bucket.set("a", Content.bytes(5 << 20, seed: 2))
        mount.pass(milliseconds: 1001)
        #expect(try await mount.lookUp("a".utf8)?.attributes.kind == .folder)
        await #expect(throws: SystemError(code: ESTALE)) { try await mount.read(node, open.handle, 4096, at: 4 << 20) }
        mount.files.release(node, open.handle)
    }
}
