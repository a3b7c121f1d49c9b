import ObjectStore
import Platform
import TestSupport
import Testing

struct FileConformanceTests {
    @Test(arguments: Conformance.checks)
    func conforms(check: Conformance.Check) async throws {
        let folder = try TemporaryFolder()
        try await check.run(FileStore.open(RawPath(folder.path), isDurable: false))
        // Nothing temporary stays, but for uploads that a check left open.
        let left = try folder.names.filter { $0.hasPrefix(".provision-upload-") }
        #expect(left.count <= 1)
    }

    @Test func conformsWhenItWaitsForTheDisk() async throws {
        let folder = try TemporaryFolder()
        let store = try await FileStore.open(RawPath(folder.path))
        try await store.put("a/b/c", "content", if: .ifAbsent)
        let upload = try await store.beginUpload("a/d", UploadOptions())
        let part = try await store.uploadPart(1, of: upload, .bytes([1, 2]), checksum: nil)
        _ = try await store.complete(upload, [part], if: .always)
        #expect(try await store.listAll().keys == ["a/b/c", "a/d"])
    }
}
