import Checksums
import HTTP
import JSON
import ObjectStore
import Platform
import Signing
import Staging
import TestSupport
import Testing

@testable import MountFS

/// What a mount writes, in buckets of real servers.
@Suite(.enabled(if: SeaweedFS.isHere && CephGateway.isHere, "a server is missing"))
struct UploadingToServersTests {
    enum Server: CaseIterable {
        case seaweedFS, ceph

        func store() async throws -> WatchedStore {
            let running =
                switch self {
                case .seaweedFS: try await SeaweedFS.shared.server
                case .ceph: try await CephGateway.shared.server
                }
            let endpoint = S3Endpoint(isSecure: false, host: "127.0.0.1", port: running.port)
            let site = S3Site(.endpoint(endpoint), bucket: try await running.makeBucket())
            return WatchedStore(
                S3Store(site, credentials: FixedCredentials(TestBucketServer.owner), client: HTTPClient()))
        }
    }

    private static let mib = 1 << 20
    private let folder: TemporaryFolder
    private let staging: StagingFolder

    init() throws {
        folder = try TemporaryFolder()
        staging = try #require(try StagingFolder(SharedDescriptor(.open(RawPath(folder.path), FileFlags.folder))))
    }

    private func file(_ base: StoredObject?) throws -> StagedFile {
        try staging.make(
            StagedImage(ofObjectWithSize: base?.size ?? 0), base: base?.words, name: "a", description: nil,
            isTorn: base == nil)
    }

    private func write(_ bytes: [UInt8], at offset: Int, of file: StagedFile) throws {
        _ = try bytes.withUnsafeBytes { try file.write($0, at: offset) }
    }

    private func content(_ key: ObjectKey, of store: WatchedStore) async throws -> [UInt8] {
        try await store.read(key, .whole, of: nil, into: .bytes(limit: 64 * Self.mib)).bytes
    }

    /// In parts, of which most are there before the file is closed; then a little of it is changed, and a little appended.
    @Test(arguments: Server.allCases) func parts(server: Server) async throws {
        let store = try await server.store()
        let uploader = Uploader(store, MemoryBudget(64 * Self.mib))
        let metadata = ObjectMetadata(contentType: "application/octet-stream", user: ["mode": "33188"])
        var content = Content.bytes(20 * Self.mib, seed: 5)
        let new = try file(nil)
        let target = Uploader.Target(key: "dir/a", metadata: metadata)
        try write(content, at: 0, of: new)
        for part in 1...2 { try await uploader.sendAhead(part, of: new, to: target) }
        #expect(store.sent == 16 * Self.mib)
        try new.seal()
        let object = try #require(try await uploader.upload(new, to: target)).object
        #expect(store.sent == content.count)
        let found = try await store.stat("dir/a")
        #expect(found.version == object.version && found.metadata.user["mode"] == "33188")
        #expect(try await self.content("dir/a", of: store) == content)

        let changed = try file(object)
        let change = Content.bytes(4096, seed: 6)
        content.replaceSubrange(10_000_000..<10_004_096, with: change)
        content += change
        try write(change, at: 10_000_000, of: changed)
        try write(change, at: 20 * Self.mib, of: changed)
        try changed.seal()
        let before = (store.sent, store.fetched)
        let next = Uploader.Target(key: "dir/a", metadata: metadata, replacing: object.version)
        let last = try #require(try await uploader.upload(changed, to: next)).object
        // The least part that S3 takes, of which all but the change comes from the store, and the end.
        let moved = store.sent - before.0 + store.fetched - before.1
        if store.capabilities.partCopy == .ranges { #expect(moved <= 10 * Self.mib + 4096) }
        #expect(try await store.stat("dir/a").version == last.version)
        #expect(try await self.content("dir/a", of: store) == content)
    }

    /// Nobody's object is written over, in one piece or in parts.
    @Test(arguments: Server.allCases, [100, 9 << 20]) func somebodyElseWasFaster(server: Server, size: Int) async throws
    {
        let store = try await server.store()
        let uploader = Uploader(store, MemoryBudget(64 * Self.mib))
        let version = try await store.put("a", .bytes([1]), PutOptions()).version
        let file = try file(StoredObject("a", version, size: 1))
        try write(Content.bytes(size, seed: 7), at: 0, of: file)
        try file.seal()
        _ = try await store.put("a", .bytes([2, 3]), PutOptions())
        let target = Uploader.Target(key: "a", metadata: .init(), replacing: version)
        await #expect(throws: Uploader.Failure.self) { try await uploader.upload(file, to: target) }
        #expect(try await content("a", of: store) == [2, 3])
        #expect(file.state.sealed != nil)
    }

    /// Killed between the store's answer and the note of it, the next process finds its own object.
    @Test(arguments: Server.allCases, [100, 9 << 20]) func knowsItsOwnObject(server: Server, size: Int) async throws {
        let store = try await server.store()
        let uploader = Uploader(store, MemoryBudget(64 * Self.mib))
        let file = try file(nil)
        let content = Content.bytes(size, seed: 8)
        try write(content, at: 0, of: file)
        try file.seal()
        let target = Uploader.Target(key: "a", metadata: .init())
        store.behind { call throws(StoreError) in
            if call == .put || call == .complete { throw StoreError(.unreachable, "killed") }
        }
        await #expect(throws: Uploader.Failure.self) { try await uploader.upload(file, to: target) }
        store.behind(nil)
        try await uploader.upload(file, to: target)
        #expect(file.state.sealed == nil && file.state.upload == nil)
        #expect(try await self.content("a", of: store) == content)
    }
}
