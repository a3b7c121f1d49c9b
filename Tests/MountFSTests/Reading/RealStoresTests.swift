import HTTP
import MountFS
import ObjectStore
import Platform
import Signing
import TestSupport
import Testing

/// The same from stores as they are: one over HTTP, which tells how far it is, and one that knows only in the end.
struct RealStoresTests {
    private func server() async throws -> S3Store {
        let server = try await SeaweedFS.shared.server
        let endpoint = S3Endpoint(isSecure: false, host: "127.0.0.1", port: server.port)
        let site = S3Site(.endpoint(endpoint), bucket: try await server.makeBucket())
        return S3Store(site, credentials: FixedCredentials(TestBucketServer.owner), client: HTTPClient())
    }

    @Test(.enabled(if: SeaweedFS.isHere, Comment(rawValue: SeaweedFS.absence)))
    func aServer() async throws { try await readAndChange(try await server()) }

    @Test func aFolder() async throws {
        let folder = try TemporaryFolder()
        try await readAndChange(try await FileStore.open(RawPath(folder.path), isDurable: false))
    }

    private func readAndChange(_ store: any ObjectStore) async throws {
        let bytes = Content.bytes(12_345_678, seed: 3)
        _ = try await store.put("large", .bytes(bytes), PutOptions())
        let info = try await store.stat("large")
        let memory = MemoryBudget(32 << 20)
        let told = ReadingSandbox().told
        var settings = ReadingSettings()
        settings.onChanged = { told.noteChange($0) }
        let reading = ObjectReading(store: store, memory: memory, settings: settings, neighbours: nil)
        let object = reading.open(FileVersion(key: "large", size: info.size, version: info.version))
        for offset in stride(from: 0, to: 8 << 20, by: 200_000) {
            #expect(try await object.bytes(200_000, at: offset)[...] == bytes[offset..<offset + 200_000])
        }
        let reads = (0..<20).map { (11_000_000 + $0 * 60_001, object.begin(10_000, at: 11_000_000 + $0 * 60_001)) }
        for (offset, read) in reads {
            #expect(try await read.outcome.get()[...] == bytes[offset..<offset + 10_000])
        }
        _ = try await store.put("large", .bytes(Content.bytes(12_345_678, seed: 4)), PutOptions())
        // What was fetched ahead can be read by those who have it open.
        object.close()
        let late = reading.open(FileVersion(key: "large", size: info.size, version: info.version))
        #expect(await late.error(10, at: 10_500_000) == 116)
        #expect(told.changed == ["large"])
        late.close()
        #expect(await soon { memory.used == 0 })
    }
}
