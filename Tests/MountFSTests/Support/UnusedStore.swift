import Checksums
import ObjectStore
import Platform

/// What a mount that is read never asks for.
protocol ReadOnlyStore: ObjectStore {}

extension ReadOnlyStore {
    private func refusal() -> StoreError { StoreError(.unsupported, "it is only read") }

    func put(_ key: ObjectKey, _ body: ByteSource, _ options: PutOptions) async throws(StoreError) -> PutResult {
        throw refusal()
    }
    func beginUpload(_ key: ObjectKey, _ options: UploadOptions) async throws(StoreError) -> Upload {
        throw refusal()
    }
    func uploadPart(
        _ number: Int, of upload: Upload, _ body: ByteSource, checksum: Checksum?
    ) async throws(StoreError) -> UploadedPart { throw refusal() }
    func copyPart(
        _ number: Int, of upload: Upload, from source: CopySource, _ range: Range<Int>
    ) async throws(StoreError) -> UploadedPart { throw refusal() }
    func complete(
        _ upload: Upload, _ parts: [UploadedPart], if condition: WriteCondition
    ) async throws(StoreError) -> PutResult { throw refusal() }
    func abort(_ upload: Upload) async throws(StoreError) { throw refusal() }
    func copy(
        _ source: CopySource, to key: ObjectKey, _ metadata: ObjectMetadata?, if condition: WriteCondition
    ) async throws(StoreError) -> PutResult { throw refusal() }
    func delete(_ deletions: [Deletion]) async throws(StoreError) -> [Result<Void, StoreError>] { throw refusal() }
}
