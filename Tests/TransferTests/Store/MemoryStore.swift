import Checksums
import ObjectStore
import Platform
import Synchronization

/// A bucket in memory, for tests of what is built on stores: it counts what it is asked, and a test may make it fail.
final class MemoryStore: ObjectStore {
    struct Object: Sendable {
        var bytes: [UInt8]
        var version: ObjectVersion
        var modified = FileTime(seconds: 1_700_000_000, nanoseconds: 0)
        /// What it claims of the bytes; a wrong one is damage on the way.
        var checksum: Checksum?
        var isArchived = false
    }

    private struct State: Sendable {
        var objects: [ObjectKey: Object] = [:]
        var versions = 0
        var reads: [(key: ObjectKey, range: ReadRange)] = []
        var readsNow = 0
        var mostReadsAtOnce = 0
        var lists = 0
        var stats = 0
    }

    private let state = Mutex(State())
    /// Called before each read with its number, from 1.
    private let onRead: @Sendable (Int, ObjectKey, ReadRange) async throws(StoreError) -> Void
    private let pageSize: Int

    init(
        pageSize: Int = 1000,
        onRead: @escaping @Sendable (Int, ObjectKey, ReadRange) async throws(StoreError) -> Void = {
            _, _, _ throws(StoreError) in
        }
    ) {
        self.pageSize = pageSize
        self.onRead = onRead
    }

    let capabilities = StoreCapabilities()

    // MARK: For tests

    func set(_ key: ObjectKey, _ bytes: [UInt8], checksum: Checksum? = nil, isArchived: Bool = false) {
        state.withLock { state in
            state.versions += 1
            state.objects[key] = Object(
                bytes: bytes, version: ObjectVersion("v\(state.versions)"), checksum: checksum, isArchived: isArchived)
        }
    }

    func remove(_ key: ObjectKey) { state.withLock { $0.objects[key] = nil } }

    var reads: [(key: ObjectKey, range: ReadRange)] { state.withLock { $0.reads } }
    var mostReadsAtOnce: Int { state.withLock { $0.mostReadsAtOnce } }
    var stats: Int { state.withLock { $0.stats } }
    func forgetReads() { state.withLock { $0.reads = [] } }

    // MARK: ObjectStore

    func list(_ request: ListRequest) async throws(StoreError) -> ListPage {
        let after = request.continuation.map { ObjectKey($0.bytes) } ?? request.after
        return state.withLock { state in
            state.lists += 1
            var page = ListPage()
            let size = min(request.limit ?? pageSize, pageSize)
            let keys = state.objects.keys.filter { key in
                key.hasPrefix(request.prefix) && after.map { $0 < key } ?? true
            }.sorted()
            for key in keys {
                let slash = key.bytes.dropFirst(request.prefix.bytes.count).firstIndex(of: UInt8(ascii: "/"))
                let group = request.grouping == .bySlash ? slash.map { ObjectKey(key.bytes[...$0]) } : nil
                if let group, group == page.prefixes.last { continue }
                if page.objects.count + page.prefixes.count == size {
                    let last = max(
                        page.objects.last?.key ?? "", page.prefixes.last.map { $0 + ObjectKey([0xFF]) } ?? "")
                    page.next = ContinuationToken(last.bytes)
                    break
                }
                if let group {
                    page.prefixes.append(group)
                } else {
                    page.objects.append(Self.info(key, state.objects[key]!))
                }
            }
            return page
        }
    }

    private static func info(_ key: ObjectKey, _ object: Object) -> ObjectInfo {
        var info = ObjectInfo(
            key: key, size: object.bytes.count, modified: object.modified, version: object.version,
            checksums: object.checksum.map { [$0] } ?? [], isArchived: object.isArchived)
        info.checksumAlgorithm = object.checksum?.algorithm
        return info
    }

    func stat(_ key: ObjectKey) async throws(StoreError) -> ObjectInfo {
        let object = state.withLock { state in
            state.stats += 1
            return state.objects[key]
        }
        guard let object else { throw StoreError(.notFound, "no \(key.shown)") }
        return Self.info(key, object)
    }

    func read(
        _ key: ObjectKey, _ range: ReadRange, of version: ObjectVersion?, into sink: ByteSink,
        checksum: Checksum.Algorithm?
    ) async throws(StoreError) -> ReadResult {
        let number = state.withLock { state in
            state.reads.append((key, range))
            state.readsNow += 1
            state.mostReadsAtOnce = max(state.mostReadsAtOnce, state.readsNow)
            return state.reads.count
        }
        defer { state.withLock { $0.readsNow -= 1 } }
        await Task.yield()
        try await onRead(number, key, range)
        guard !Task.isCancelled else { throw StoreError(.cancelled, "cancelled") }
        guard let object = state.withLock({ $0.objects[key] }) else { throw StoreError(.notFound, "no \(key.shown)") }
        guard version == nil || version == object.version else { throw StoreError(.changed, "changed") }
        guard let clipped = range.clipped(to: object.bytes.count) else { throw StoreError(.invalid, "range") }
        let bytes = Array(object.bytes[clipped])
        do throws(SystemError) {
            switch sink {
            case .file(let file, let offset): try file.file.write(bytes, at: offset)
            case .memory(let memory, _): memory.copyBytes(from: bytes)
            case .bytes: throw SystemError(code: 95)
            }
        } catch {
            throw StoreError(error, "cannot write")
        }
        let found = checksum.flatMap { algorithm in try? Checksum(algorithm, of: bytes) }
        return ReadResult(object: Self.info(key, object), count: bytes.count, checksum: found)
    }

    // MARK: Not for writing

    private static let readOnly = StoreError(.unsupported, "this store is only read")

    func put(_ key: ObjectKey, _ body: ByteSource, _ options: PutOptions) async throws(StoreError) -> PutResult {
        throw Self.readOnly
    }

    func beginUpload(_ key: ObjectKey, _ options: UploadOptions) async throws(StoreError) -> Upload {
        throw Self.readOnly
    }

    func uploadPart(
        _ number: Int, of upload: Upload, _ body: ByteSource, checksum: Checksum?
    ) async throws(StoreError) -> UploadedPart { throw Self.readOnly }

    func copyPart(
        _ number: Int, of upload: Upload, from source: CopySource, _ range: Range<Int>
    ) async throws(StoreError) -> UploadedPart { throw Self.readOnly }

    func complete(
        _ upload: Upload, _ parts: [UploadedPart], if condition: WriteCondition
    ) async throws(StoreError) -> PutResult { throw Self.readOnly }

    func abort(_ upload: Upload) async throws(StoreError) { throw Self.readOnly }

    func copy(
        _ source: CopySource, to key: ObjectKey, _ metadata: ObjectMetadata?, if condition: WriteCondition
    ) async throws(StoreError) -> PutResult { throw Self.readOnly }

    func delete(_ deletions: [Deletion]) async throws(StoreError) -> [Result<Void, StoreError>] {
        throw Self.readOnly
    }
}
