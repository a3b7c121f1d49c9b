public import Checksums
import Glibc
public import Platform

/// A folder of this machine as a store: keys are paths below it.
///
/// Beside what every store has, empty folders are listed, links are objects of their own kind and never followed, and
/// permission bits are known. Content types, user metadata and checksums are not kept. Folders are made as keys need
/// them and stay when they become empty; a key cannot be a file and a folder at once. See `LocalKey` for the names that
/// are used for what is being written.
public struct FileStore: ObjectStore {
    private let tree: LocalTree
    private let pool: BlockingPool

    /// `isDurable`: what was put survives a crash of the machine, at the price of waiting for the disk.
    public init(root: SharedDescriptor, isDurable: Bool = true, pool: BlockingPool = .files) {
        tree = LocalTree(root: root, isDurable: isDurable)
        self.pool = pool
    }

    /// The store of the folder at a path, where links in the path are followed.
    public static func open(
        _ path: RawPath, isDurable: Bool = true, pool: BlockingPool = .files
    ) async throws(StoreError) -> FileStore {
        try await pool.run { _ throws(StoreError) in
            do throws(SystemError) {
                let root = try SharedDescriptor(.open(path, O_RDONLY | O_DIRECTORY))
                return FileStore(root: root, isDurable: isDurable, pool: pool)
            } catch {
                throw StoreError(error, "cannot open \(path.text.printable)")
            }
        }
    }

    public var localFolder: SharedDescriptor? { tree.root }

    public let capabilities: StoreCapabilities = {
        var can = StoreCapabilities()
        can.conditionalPut = true
        can.conditionalCopy = true
        can.conditionalComplete = true
        can.conditionalDelete = true
        can.serverCopy = true
        can.partCopy = .ranges
        can.atomicRename = .objectsAndFolders
        // Each page reads its folders anew.
        can.pageLimit = 10_000
        can.keysMayBeAnyBytes = true
        return can
    }()

    // MARK: Looking

    public func list(_ request: ListRequest) async throws(StoreError) -> ListPage {
        let limit = capabilities.pageLimit
        return try await run { tree, cancellation throws(StoreError) in
            var listing = LocalListing(tree, request, pageLimit: limit, cancellation)
            return try listing.run()
        }
    }

    public func stat(_ key: ObjectKey) async throws(StoreError) -> ObjectInfo {
        try await run { tree, _ throws(StoreError) in try tree.stat(key) }
    }

    public func read(
        _ key: ObjectKey, _ range: ReadRange, of version: ObjectVersion?, into sink: ByteSink,
        checksum: Checksum.Algorithm?
    ) async throws(StoreError) -> ReadResult {
        try await run { tree, cancellation throws(StoreError) in
            try tree.read(key, range, of: version, into: sink, checksum, cancellation)
        }
    }

    // MARK: Writing

    public func put(
        _ key: ObjectKey, _ body: ByteSource, _ options: PutOptions
    ) async throws(StoreError) -> PutResult {
        try await run { tree, cancellation throws(StoreError) in
            try tree.put(key, body, options, cancellation)
        }
    }

    public func beginUpload(_ key: ObjectKey, _ options: UploadOptions) async throws(StoreError) -> Upload {
        try await run { tree, _ throws(StoreError) in try tree.beginUpload(key, options) }
    }

    public func uploadPart(
        _ number: Int, of upload: Upload, _ body: ByteSource, checksum: BodyChecksum?
    ) async throws(StoreError) -> UploadedPart {
        try await run { tree, cancellation throws(StoreError) in
            try tree.uploadPart(number, of: upload, checksum: checksum, cancellation) { file throws(StoreError) in
                try tree.write(body, to: file, upload.key, cancellation)
                return body.count
            }
        }
    }

    public func copyPart(
        _ number: Int, of upload: Upload, from source: CopySource, _ range: Range<Int>
    ) async throws(StoreError) -> UploadedPart {
        try await run { tree, cancellation throws(StoreError) in
            try tree.copyPart(number, of: upload, from: source, range, cancellation)
        }
    }

    public func complete(
        _ upload: Upload, _ parts: [UploadedPart], if condition: WriteCondition
    ) async throws(StoreError) -> PutResult {
        try await run { tree, cancellation throws(StoreError) in
            try tree.complete(upload, parts, if: condition, cancellation)
        }
    }

    public func abort(_ upload: Upload) async throws(StoreError) {
        try await run { tree, _ throws(StoreError) in try tree.abort(upload) }
    }

    public func copy(
        _ source: CopySource, to key: ObjectKey, _ metadata: ObjectMetadata?, if condition: WriteCondition
    ) async throws(StoreError) -> PutResult {
        try await run { tree, cancellation throws(StoreError) in
            try tree.copy(source, to: key, metadata, if: condition, cancellation)
        }
    }

    public func rename(
        _ key: ObjectKey, to newKey: ObjectKey, if condition: WriteCondition
    ) async throws(StoreError) -> PutResult {
        try await run { tree, cancellation throws(StoreError) in
            try tree.rename(key, to: newKey, if: condition, cancellation)
        }
    }

    public func delete(_ deletions: [Deletion]) async throws(StoreError) -> [Result<Void, StoreError>] {
        try await run { tree, cancellation throws(StoreError) in
            deletions.map { deletion in
                Result { () throws(StoreError) in
                    guard !cancellation.isCancelled else { throw .cancelled(deletion.key) }
                    try tree.delete(deletion, cancellation)
                }
            }
        }
    }

    func run<Success: Sendable>(
        _ work: @escaping @Sendable (LocalTree, Cancellation) throws(StoreError) -> Success
    ) async throws(StoreError) -> Success {
        let tree = tree
        return try await pool.run { cancellation throws(StoreError) in try work(tree, cancellation) }
    }
}

extension StoreError {
    static func cancelled(_ key: ObjectKey) -> StoreError {
        StoreError(.cancelled, "\(key.shown): cancelled before it was done")
    }
}
