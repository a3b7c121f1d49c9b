public import ObjectStore
public import Platform

/// A store for tests of what reads: it refuses to be changed.
public protocol ReadOnlyStore: ObjectStore {}

extension ReadOnlyStore {
    private func refusal() -> StoreError { StoreError(.unsupported, "it is only read") }

    public func put(_ key: ObjectKey, _ body: ByteSource, _ options: PutOptions) async throws(StoreError) -> PutResult {
        throw refusal()
    }
    public func beginUpload(_ key: ObjectKey, _ options: UploadOptions) async throws(StoreError) -> Upload {
        throw refusal()
    }
    public func uploadPart(
        _ number: Int, of upload: Upload, _ body: ByteSource, checksum: BodyChecksum?
    ) async throws(StoreError) -> UploadedPart { throw refusal() }
    public func copyPart(
        _ number: Int, of upload: Upload, from source: CopySource, _ range: Range<Int>
    ) async throws(StoreError) -> UploadedPart { throw refusal() }
    public func complete(
        _ upload: Upload, _ parts: [UploadedPart], if condition: WriteCondition
    ) async throws(StoreError) -> PutResult { throw refusal() }
    public func abort(_ upload: Upload) async throws(StoreError) { throw refusal() }
    public func copy(
        _ source: CopySource, to key: ObjectKey, _ metadata: ObjectMetadata?, if condition: WriteCondition
    ) async throws(StoreError) -> PutResult { throw refusal() }
    public func delete(_ deletions: [Deletion]) async throws(StoreError) -> [Result<Void, StoreError>] {
        throw refusal()
    }
}
