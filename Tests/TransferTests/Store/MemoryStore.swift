import Checksums
import HTTP
import ObjectStore
import Platform
import Synchronization
import TestSupport

/// A bucket in memory, for tests of what is built on stores: it counts what it is asked, and a test may make it fail.
final class MemoryStore: ReadOnlyStore {
    struct Object: Sendable {
        var bytes: [UInt8]
        var version: ObjectVersion
        var modified = FileTime(seconds: 1_700_000_000, nanoseconds: 0)
        /// What it claims of the bytes; a wrong one is damage on the way.
        var checksum: Checksum?
        /// What it claims of the parts that the object was uploaded in, and how large they were.
        var composite: CompositeChecksum?
        var uploaded: [Int] = []
        var isArchived = false
    }

    private struct State: Sendable {
        var objects: [ObjectKey: Object] = [:]
        var versions = 0
        var reads: [(key: ObjectKey, range: ReadRange)] = []
        var readsNow = 0
        var mostReadsAtOnce = 0
        var lists: [ListRequest] = []
        var listsNow = 0
        var mostListsAtOnce = 0
        var stats = 0
        var partsLookedAt: [Int] = []
        /// Of these it does not tell the size.
        var silentParts: Set<Int> = []
    }

    private let state = Mutex(State())
    /// Called before each read with its number, from 1.
    private let onRead: @Sendable (Int, ObjectKey, ReadRange) async throws(StoreError) -> Void
    private let pageSize: Int
    private let order: Order
    private let listMilliseconds: Int
    /// Every listing of keys begins with a page of nothing.
    private let emptyPages: Bool
    /// What it says that each read took.
    private let timing: HTTPTiming?
    /// Whether the read of this number brings wrong bytes, and does so after it was cancelled as well: as one that is just
    /// writing them.
    private let spoils: @Sendable (Int) -> Bool

    enum Order: Sendable {
        case ofBytes
        /// Folder by folder, so that `a/2` comes before `a!`; but "behind a key" is decided by bytes. Such servers exist.
        case ofFolders
    }

    init(
        pageSize: Int = 1000, order: Order = .ofBytes, claimsOrder: Bool = true, listsFromAnywhere: Bool = true,
        emptyPages: Bool = false, checksums: Set<Checksum.Algorithm> = [], listMilliseconds: Int = 0,
        timing: HTTPTiming? = nil,
        onRead: @escaping @Sendable (Int, ObjectKey, ReadRange) async throws(StoreError) -> Void = {
            _, _, _ throws(StoreError) in
        },
        spoils: @escaping @Sendable (Int) -> Bool = { _ in false }
    ) {
        self.pageSize = pageSize
        self.order = order
        self.listMilliseconds = listMilliseconds
        self.emptyPages = emptyPages
        self.timing = timing
        self.spoils = spoils
        var can = StoreCapabilities()
        can.listsInOrder = claimsOrder
        can.listsFromAnywhere = listsFromAnywhere
        can.checksums = checksums
        capabilities = can
        self.onRead = onRead
    }

    /// One of which reads wait behind so many others, until they are cancelled.
    static func stalling(behind count: Int) -> MemoryStore {
        MemoryStore { number, _, _ throws(StoreError) in
            guard number > count else { return }
            do {
                try await Task.sleep(for: .seconds(60))
            } catch {
                throw StoreError(.cancelled, "cancelled")
            }
        }
    }

    let capabilities: StoreCapabilities
    private let repetitions = Atomic(0)

    func mayAskAgain() -> Bool { repetitions.add(-1, ordering: .relaxed).newValue >= 0 }
    func allow(repetitions count: Int) { repetitions.store(count, ordering: .relaxed) }

    // MARK: For tests

    func set(_ key: ObjectKey, _ bytes: [UInt8], checksum: Checksum? = nil, isArchived: Bool = false) {
        state.withLock { state in
            state.versions += 1
            state.objects[key] = Object(
                bytes: bytes, version: ObjectVersion("v\(state.versions)"), checksum: checksum, isArchived: isArchived)
        }
    }

    /// One that was uploaded in parts of these sizes.
    func set(_ key: ObjectKey, _ bytes: [UInt8], parts sizes: [Int], _ composite: CompositeChecksum) {
        set(key, bytes)
        state.withLock { state in
            state.objects[key]?.composite = composite
            state.objects[key]?.uploaded = sizes
        }
    }

    func remove(_ key: ObjectKey) { state.withLock { $0.objects[key] = nil } }

    var reads: [(key: ObjectKey, range: ReadRange)] { state.withLock { $0.reads } }
    var readsNow: Int { state.withLock { $0.readsNow } }
    var mostReadsAtOnce: Int { state.withLock { $0.mostReadsAtOnce } }
    var lists: [ListRequest] { state.withLock { $0.lists } }
    var mostListsAtOnce: Int { state.withLock { $0.mostListsAtOnce } }
    var stats: Int { state.withLock { $0.stats } }
    var partsLookedAt: [Int] { state.withLock { $0.partsLookedAt } }
    func silence(parts: Set<Int>) { state.withLock { $0.silentParts = parts } }
    func forgetReads() { state.withLock { $0.reads = [] } }

    // MARK: ObjectStore

    func list(_ request: ListRequest) async throws(StoreError) -> ListPage {
        let after = request.continuation.map { ObjectKey($0.bytes) } ?? request.after
        state.withLock { state in
            state.listsNow += 1
            state.mostListsAtOnce = max(state.mostListsAtOnce, state.listsNow)
        }
        if listMilliseconds > 0 { try? await Task.sleep(for: .milliseconds(listMilliseconds)) }
        defer { state.withLock { $0.listsNow -= 1 } }
        return state.withLock { state in
            state.lists.append(request)
            if order == .ofFolders { return listByFolders(request, state) }
            var page = ListPage()
            if emptyPages, request.continuation == nil, request.grouping == ListRequest.Grouping.none {
                page.next = ContinuationToken((after ?? "").bytes)
                return page
            }
            let size = min(request.limit ?? pageSize, pageSize)
            let keys = state.objects.keys.filter { key in
                key.hasPrefix(request.prefix) && after.map { $0 < key } ?? true
            }.sorted()
            for key in keys {
                let group = request.group(of: key)
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

    private func listByFolders(_ request: ListRequest, _ state: State) -> ListPage {
        let keys = state.objects.keys.filter { key in
            key.hasPrefix(request.prefix) && request.after.map { $0 < key } ?? true
        }.sorted { RawPath($0.bytes).components.lexicographicallyPrecedes(RawPath($1.bytes).components) }
        var entries: [(key: ObjectKey, isGroup: Bool)] = []
        for key in keys {
            guard let group = request.group(of: key) else {
                entries.append((key, false))
                continue
            }
            if entries.last?.key != group { entries.append((group, true)) }
        }
        let start = request.continuation.flatMap { Int(String(decoding: $0.bytes, as: UTF8.self)) } ?? 0
        let end = min(entries.count, start + min(request.limit ?? pageSize, pageSize))
        var page = ListPage()
        for entry in entries[start..<end] {
            if entry.isGroup {
                page.prefixes.append(entry.key)
            } else {
                page.objects.append(Self.info(entry.key, state.objects[entry.key]!))
            }
        }
        if end < entries.count { page.next = ContinuationToken(Array(String(end).utf8)) }
        return page
    }

    private static func info(_ key: ObjectKey, _ object: Object) -> ObjectInfo {
        var info = ObjectInfo(
            key: key, size: object.bytes.count, modified: object.modified, version: object.version,
            checksums: object.checksum.map { [$0] } ?? [], isArchived: object.isArchived)
        info.checksumAlgorithm = object.checksum?.algorithm
        info.composites = object.composite.map { [$0] } ?? []
        return info
    }

    func size(ofPart number: Int, of key: ObjectKey, _ version: ObjectVersion) async throws(StoreError) -> Int? {
        guard !state.withLock({ $0.silentParts.contains(number) }) else {
            throw StoreError(.unreachable, "nobody is there")
        }
        return state.withLock { state in
            state.partsLookedAt.append(number)
            let sizes = state.objects[key]?.uploaded ?? []
            return number <= sizes.count ? sizes[number - 1] : nil
        }
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
        let isSpoilt = spoils(number)
        guard isSpoilt || !Task.isCancelled else { throw StoreError(.cancelled, "cancelled") }
        guard let object = state.withLock({ $0.objects[key] }) else { throw StoreError(.notFound, "no \(key.shown)") }
        guard version == nil || version == object.version else { throw StoreError(.changed, "changed") }
        guard let clipped = range.clipped(to: object.bytes.count) else { throw StoreError(.invalid, "range") }
        var bytes = Array(object.bytes[clipped])
        if isSpoilt { bytes = bytes.map { ~$0 } }
        do throws(SystemError) {
            switch sink {
            case .file(let file, let offset, _): try file.file.write(bytes, at: offset)
            case .memory(let memory, _): memory.copyBytes(from: bytes)
            case .bytes: throw SystemError(code: 95)
            }
        } catch {
            throw StoreError(error, "cannot write")
        }
        let found = checksum.flatMap { algorithm in try? Checksum(algorithm, of: bytes) }
        return ReadResult(object: Self.info(key, object), count: bytes.count, checksum: found, timing: timing)
    }
}
