public import Checksums
public import Platform

/// One bucket, container or folder: objects under keys, without a tree.
///
/// The calls are the common ground of S3, GCS, Azure and a local folder. What a store lacks is said by its
/// `capabilities`, and asking for it throws `unsupported`: nothing that was asked for is left out silently, conditions
/// least of all. Bytes never travel through these functions; they go straight between the connection and the sink or
/// body that the caller names. When a call returns, also by cancellation, nothing touches sink or body any more.
///
/// Stores retry by themselves what is safe to retry. A call that threw a retryable error may be made again.
public protocol ObjectStore: Sendable {
    var capabilities: StoreCapabilities { get }

    /// The folder that the store's objects are files in, if it is one: copies then need not go through the store.
    var localFolder: SharedDescriptor? { get }

    /// Asks what only asking tells of a bucket, as far as whoever asks may know it; `capabilities` has it from then on. Returns
    /// what is missing there although it could be had, in sentences for the log.
    @discardableResult
    func learn() async throws(StoreError) -> [String]

    // MARK: Looking

    /// One page of the keys that are asked for, in the order of their bytes, as far as the store can.
    func list(_ request: ListRequest) async throws(StoreError) -> ListPage

    func stat(_ key: ObjectKey) async throws(StoreError) -> ObjectInfo

    /// How large a part is that the object was uploaded in; nothing where the store does not say. Numbers begin at 1.
    func size(ofPart number: Int, of key: ObjectKey, _ version: ObjectVersion) async throws(StoreError) -> Int?

    /// Reads a range into a sink. All of it comes from one version of the object: from `version` if one is given, else
    /// from the one found, which the result names. When that is gone before the last byte, the call throws `changed`
    /// and what the sink holds is worthless. A checksum that is asked for is computed over the bytes as they come.
    func read(
        _ key: ObjectKey, _ range: ReadRange, of version: ObjectVersion?, into sink: ByteSink,
        checksum: Checksum.Algorithm?
    ) async throws(StoreError) -> ReadResult

    /// Whether a read that is under way may be asked for a second time beside it. It counts as one that is made again, of which
    /// there may be only so many at once: a service that is slow for everybody is not to be asked for twice as much.
    func mayAskAgain() -> Bool

    // MARK: Writing. An object appears whole or not at all.

    func put(_ key: ObjectKey, _ body: ByteSource, _ options: PutOptions) async throws(StoreError) -> PutResult

    /// Begins an object that comes in parts. Its options hold from here on; only the condition is given at the end.
    func beginUpload(_ key: ObjectKey, _ options: UploadOptions) async throws(StoreError) -> Upload

    /// Stores a part. Numbers begin at 1; a part that comes again replaces the one of the same number.
    func uploadPart(
        _ number: Int, of upload: Upload, _ body: ByteSource, checksum: BodyChecksum?
    ) async throws(StoreError) -> UploadedPart

    /// Makes a part of what the store has already.
    func copyPart(
        _ number: Int, of upload: Upload, from source: CopySource, _ range: Range<Int>
    ) async throws(StoreError) -> UploadedPart

    /// Makes the object of these parts, in the order of their numbers.
    func complete(
        _ upload: Upload, _ parts: [UploadedPart], if condition: WriteCondition
    ) async throws(StoreError) -> PutResult

    /// By what an object that is made of these parts can be known again, where it can.
    func mark(of parts: [UploadedPart]) -> ObjectMark?
    func hasMark(_ mark: ObjectMark, _ object: ObjectInfo) async throws(StoreError) -> Bool

    /// Forgets an upload and its parts; one that is not there any more is no error.
    func abort(_ upload: Upload) async throws(StoreError)

    /// Copies within the store; content type and metadata come along unless new ones are given.
    func copy(
        _ source: CopySource, to key: ObjectKey, _ metadata: ObjectMetadata?, if condition: WriteCondition
    ) async throws(StoreError) -> PutResult

    /// Moves in one step, see `StoreCapabilities.atomicRename`.
    func rename(
        _ key: ObjectKey, to newKey: ObjectKey, if condition: WriteCondition
    ) async throws(StoreError) -> PutResult

    /// Deletes many objects, with an outcome for each in the same order. An object that is not there is deleted, unless
    /// a version was asked for: then its condition has failed.
    func delete(_ deletions: [Deletion]) async throws(StoreError) -> [Result<Void, StoreError>]
}

extension ObjectStore {
    public var localFolder: SharedDescriptor? { nil }

    @discardableResult
    public func learn() async throws(StoreError) -> [String] { [] }

    public func mayAskAgain() -> Bool { false }

    public func size(ofPart number: Int, of key: ObjectKey, _ version: ObjectVersion) async throws(StoreError) -> Int? {
        nil
    }

    public func mark(of parts: [UploadedPart]) -> ObjectMark? { nil }
    public func hasMark(_ mark: ObjectMark, _ object: ObjectInfo) async throws(StoreError) -> Bool {
        object.version.text == mark.text
    }

    public func read(
        _ key: ObjectKey, _ range: ReadRange, of version: ObjectVersion?, into sink: ByteSink
    ) async throws(StoreError) -> ReadResult {
        try await read(key, range, of: version, into: sink, checksum: nil)
    }

    public func rename(
        _ key: ObjectKey, to newKey: ObjectKey, if condition: WriteCondition
    ) async throws(StoreError) -> PutResult {
        throw StoreError(.unsupported, "this store cannot rename \(key.shown)")
    }
}
