public import Platform

/// A web server is only read.
extension WebStore {
    private var readOnly: StoreError { StoreError(.unsupported, "\(shown): files on web servers are only read") }

    public func put(
        _ key: ObjectKey, _ body: ByteSource, _ options: PutOptions
    ) async throws(StoreError) -> PutResult { throw readOnly }

    public func beginUpload(_ key: ObjectKey, _ options: UploadOptions) async throws(StoreError) -> Upload {
        throw readOnly
    }

    public func uploadPart(
        _ number: Int, of upload: Upload, _ body: ByteSource, checksum: BodyChecksum?
    ) async throws(StoreError) -> UploadedPart { throw readOnly }

    public func copyPart(
        _ number: Int, of upload: Upload, from source: CopySource, _ range: Range<Int>
    ) async throws(StoreError) -> UploadedPart { throw readOnly }

    public func complete(
        _ upload: Upload, _ parts: [UploadedPart], if condition: WriteCondition
    ) async throws(StoreError) -> PutResult { throw readOnly }

    public func abort(_ upload: Upload) async throws(StoreError) { throw readOnly }

    public func copy(
        _ source: CopySource, to key: ObjectKey, _ metadata: ObjectMetadata?, if condition: WriteCondition
    ) async throws(StoreError) -> PutResult { throw readOnly }

    public func delete(_ deletions: [Deletion]) async throws(StoreError) -> [Result<Void, StoreError>] {
        throw readOnly
    }
}
