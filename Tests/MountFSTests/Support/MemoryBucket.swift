import Checksums
import ObjectStore
import Platform
import Synchronization
import TestSupport

/// A bucket in memory that counts what it is asked, answers late if it shall, and fails where a test says.
final class MemoryBucket: ObjectStore {
    struct Object: Sendable {
        var bytes: [UInt8]
        var version: ObjectVersion
        var modified: FileTime
        var metadata = ObjectMetadata()
    }

    enum Call: Hashable, Sendable {
        case list(prefix: ObjectKey)
        case stat(ObjectKey)
        case read(ObjectKey)
        case put(ObjectKey)
        case begin(ObjectKey)
        case part(ObjectKey, Int)
        case copyPart(ObjectKey, Int)
        case complete(ObjectKey)
        case abort(ObjectKey)
        case copy(ObjectKey, to: ObjectKey)
        case rename(ObjectKey, to: ObjectKey)
        case delete(ObjectKey)
    }

    struct State: Sendable {
        var objects: [ObjectKey: Object] = [:]
        var sorted: [ObjectKey]?
        var versions = 0
        var isVersionOfContent = false
        var uploads: [String: Parts] = [:]
        var calls: [Call] = []
        var waiting: [(call: Call, continuation: CheckedContinuation<Void, Never>)] = []
        /// Which calls wait.
        var halted: (@Sendable (Call) -> Bool)?
        var milliseconds = 0
        var failure: (@Sendable (Int, Call) -> StoreError?)?
        var lostAnswer: (@Sendable (Call) -> StoreError?)?
    }

    let state = Mutex(State())
    private let can: StoreCapabilities
    private let renamesObjectsOnly = Atomic(false)
    private let pageSize: Int

    init(
        pageSize: Int = 1000, listsInOrder: Bool = true, keysMayBeAnyBytes: Bool = true, keepsMetadata: Bool = false,
        _ change: (inout StoreCapabilities) -> Void = { _ in }
    ) {
        self.pageSize = pageSize
        var can = StoreCapabilities()
        can.listsInOrder = listsInOrder
        can.keepsMetadata = keepsMetadata
        can.keysMayBeAnyBytes = keysMayBeAnyBytes
        can.pageLimit = pageSize
        change(&can)
        self.can = can
    }

    var capabilities: StoreCapabilities {
        var can = can
        if renamesObjectsOnly.load(ordering: .relaxed) { can.atomicRename = .objects }
        return can
    }

    // MARK: For tests

    @discardableResult
    func set(
        _ key: ObjectKey, _ bytes: [UInt8] = [], metadata: [String: String] = [:], seconds: Int = 1_700_000_000
    ) -> ObjectVersion {
        state.withLock { state in
            state.set(
                key, bytes, ObjectMetadata(contentType: "text/plain", user: metadata),
                FileTime(seconds: seconds, nanoseconds: 0))
        }
    }

    func remove(_ key: ObjectKey) {
        state.withLock { state in
            state.objects[key] = nil
            state.sorted = nil
        }
    }

    var objects: [ObjectKey: Object] { state.withLock { $0.objects } }

    /// What it was asked since this was read last.
    func takeCalls() -> [Call] {
        state.withLock { state in
            defer { state.calls = [] }
            return state.calls
        }
    }

    /// From now on, whatever it could before.
    func renameObjectsOnly() { renamesObjectsOnly.store(true, ordering: .relaxed) }

    func answerLate(milliseconds: Int) { state.withLock { $0.milliseconds = milliseconds } }

    /// These calls wait from now on, until `goOn`.
    func halt(_ which: @escaping @Sendable (Call) -> Bool = { _ in true }) { state.withLock { $0.halted = which } }

    func goOn() {
        let waiting = state.withLock { state in
            state.halted = nil
            defer { state.waiting = [] }
            return state.waiting
        }
        for (_, continuation) in waiting { continuation.resume() }
    }

    /// Only this call, which waits; the others wait on.
    func goOn(_ call: Call) {
        let waiting = state.withLock { state in
            defer { state.waiting.removeAll { $0.call == call } }
            return state.waiting.filter { $0.call == call }
        }
        for (_, continuation) in waiting { continuation.resume() }
    }

    func waits(_ call: Call) -> Bool { state.withLock { $0.waiting.contains { $0.call == call } } }

    /// Asked with each call and its number since then, from 1.
    func fail(_ failure: (@Sendable (Int, Call) -> StoreError?)?) {
        state.withLock { state in
            state.failure = failure
            state.calls = []
        }
    }

    /// Asked when a call has been done: its answer does not arrive then.
    func loseAnswers(_ failure: (@Sendable (Call) -> StoreError?)?) { state.withLock { $0.lostAnswer = failure } }

    // MARK: ObjectStore

    func list(_ request: ListRequest) async throws(StoreError) -> ListPage {
        try await begin(.list(prefix: request.prefix))
        return state.withLock { state in
            if state.sorted == nil { state.sorted = state.objects.keys.sorted() }
            var page = ListPage()
            let keys = state.sorted!
            let after = request.continuation.map { ObjectKey($0.bytes) } ?? request.after
            let size = min(request.limit ?? pageSize, pageSize)
            var index = Self.first(keys, request.prefix, after)
            while index < keys.count, keys[index].hasPrefix(request.prefix) {
                let key = keys[index]
                let group = request.group(of: key)
                if let group, let after, request.continuation != nil, after.hasPrefix(group) {
                    index += 1
                    continue
                }
                if let group, group == page.prefixes.last {
                    index += 1
                    continue
                }
                if page.objects.count + page.prefixes.count == size {
                    let last = [page.objects.last?.key, page.prefixes.last].compactMap { $0 }.max()!
                    page.next = ContinuationToken(last.bytes)
                    break
                }
                if let group {
                    page.prefixes.append(group)
                } else {
                    page.objects.append(Self.info(key, state.objects[key]!))
                }
                index += 1
            }
            return page
        }
    }

    private static func first(_ keys: [ObjectKey], _ prefix: ObjectKey, _ after: ObjectKey?) -> Int {
        var (low, high) = (0, keys.count)
        while low < high {
            let middle = (low + high) / 2
            if keys[middle] < prefix || after.map({ keys[middle] <= $0 }) == true {
                low = middle + 1
            } else {
                high = middle
            }
        }
        return low
    }

    /// Listings of S3 know no metadata.
    static func info(_ key: ObjectKey, _ object: Object, withMetadata: Bool = false) -> ObjectInfo {
        ObjectInfo(
            key: key, size: object.bytes.count, modified: object.modified, version: object.version,
            metadata: withMetadata ? object.metadata : .init(), storageClass: "STANDARD")
    }

    func stat(_ key: ObjectKey) async throws(StoreError) -> ObjectInfo {
        try await begin(.stat(key))
        guard let object = state.withLock({ $0.objects[key] }) else { throw StoreError(.notFound, "no \(key.shown)") }
        return Self.info(key, object, withMetadata: true)
    }

    func read(
        _ key: ObjectKey, _ range: ReadRange, of version: ObjectVersion?, into sink: ByteSink,
        checksum: Checksum.Algorithm?
    ) async throws(StoreError) -> ReadResult {
        try await begin(.read(key))
        guard let object = state.withLock({ $0.objects[key] }) else { throw StoreError(.notFound, "no \(key.shown)") }
        guard version == nil || version == object.version else { throw StoreError(.changed, "changed") }
        guard let range = range.clipped(to: object.bytes.count) else { throw StoreError(.invalid, "behind the end") }
        let bytes = Array(object.bytes[range])
        switch sink {
        case .bytes: return ReadResult(object: Self.info(key, object), count: bytes.count, bytes: bytes)
        case .memory(let memory, let progress):
            memory.copyBytes(from: bytes)
            progress?(bytes.count)
            return ReadResult(object: Self.info(key, object), count: bytes.count)
        case .file(let file, let offset, _):
            do throws(SystemError) {
                try file.file.write(bytes, at: offset)
            } catch {
                throw StoreError(error, "cannot write")
            }
            return ReadResult(object: Self.info(key, object), count: bytes.count)
        }
    }

    func begin(_ call: Call) async throws(StoreError) {
        let (failure, milliseconds, isHalted) = state.withLock { state in
            state.calls.append(call)
            return (state.failure?(state.calls.count, call), state.milliseconds, state.halted?(call) == true)
        }
        if isHalted {
            await withCheckedContinuation { continuation in
                let goesOn = state.withLock { state in
                    guard state.halted != nil else { return true }
                    state.waiting.append((call, continuation))
                    return false
                }
                if goesOn { continuation.resume() }
            }
        }
        if milliseconds > 0 {
            do {
                try await Task.sleep(for: .milliseconds(milliseconds))
            } catch _ {
                throw StoreError(.cancelled, "cancelled")
            }
        }
        if let failure { throw failure }
    }
}

extension MemoryBucket.State {
    @discardableResult
    mutating func set(
        _ key: ObjectKey, _ bytes: [UInt8], _ metadata: ObjectMetadata, _ modified: FileTime,
        version: ObjectVersion? = nil
    ) -> ObjectVersion {
        versions += 1
        let ofContent = isVersionOfContent ? MemoryBucket.tag(bytes) : "v\(versions)"
        let version = version ?? ObjectVersion(ofContent)
        if objects[key] == nil { sorted = nil }
        objects[key] = MemoryBucket.Object(bytes: bytes, version: version, modified: modified, metadata: metadata)
        return version
    }
}
