import Checksums
import ObjectStore
import Platform
import Synchronization

/// A store before another one: counts what is moved, and has something happen before or behind a call.
final class WatchedStore: ObjectStore {
    enum Call: Sendable, Equatable {
        case put
        case begin
        case part(Int)
        case copy(Int)
        case complete
        case abort
        case read
    }

    private struct State {
        var calls: [Call] = []
        var sent = 0
        var copied = 0
        var fetched = 0
        var before: (@Sendable (Call) throws(StoreError) -> Void)?
        var behind: (@Sendable (Call) throws(StoreError) -> Void)?
    }

    private let store: any ObjectStore
    let capabilities: StoreCapabilities
    private let state = Mutex(State())

    init(_ store: any ObjectStore, _ change: (inout StoreCapabilities) -> Void = { _ in }) {
        self.store = store
        var capabilities = store.capabilities
        change(&capabilities)
        self.capabilities = capabilities
    }

    var calls: [Call] { state.withLock { $0.calls } }
    var sent: Int { state.withLock { $0.sent } }
    var copied: Int { state.withLock { $0.copied } }
    var fetched: Int { state.withLock { $0.fetched } }

    func before(_ body: (@Sendable (Call) throws(StoreError) -> Void)?) { state.withLock { $0.before = body } }
    func behind(_ body: (@Sendable (Call) throws(StoreError) -> Void)?) { state.withLock { $0.behind = body } }

    private func watch<Answer>(
        _ call: Call, _ body: () async throws(StoreError) -> Answer
    ) async throws(StoreError) -> Answer {
        let before = state.withLock { state in
            state.calls.append(call)
            return state.before
        }
        try before?(call)
        let answer = try await body()
        try state.withLock { $0.behind }?(call)
        return answer
    }

    func list(_ request: ListRequest) async throws(StoreError) -> ListPage { try await store.list(request) }
    func stat(_ key: ObjectKey) async throws(StoreError) -> ObjectInfo { try await store.stat(key) }

    func read(
        _ key: ObjectKey, _ range: ReadRange, of version: ObjectVersion?, into sink: ByteSink,
        checksum: Checksum.Algorithm?
    ) async throws(StoreError) -> ReadResult {
        try await watch(.read) { () async throws(StoreError) in
            let result = try await store.read(key, range, of: version, into: sink, checksum: checksum)
            state.withLock { $0.fetched += result.count }
            return result
        }
    }

    func put(_ key: ObjectKey, _ body: ByteSource, _ options: PutOptions) async throws(StoreError) -> PutResult {
        try await watch(.put) { () async throws(StoreError) in
            let result = try await store.put(key, body, options)
            state.withLock { $0.sent += body.count }
            return result
        }
    }

    func beginUpload(_ key: ObjectKey, _ options: UploadOptions) async throws(StoreError) -> Upload {
        try await watch(.begin) { () async throws(StoreError) in try await store.beginUpload(key, options) }
    }

    func uploadPart(
        _ number: Int, of upload: Upload, _ body: ByteSource, checksum: BodyChecksum?
    ) async throws(StoreError) -> UploadedPart {
        try await watch(.part(number)) { () async throws(StoreError) in
            let part = try await store.uploadPart(number, of: upload, body, checksum: checksum)
            state.withLock { $0.sent += body.count }
            return part
        }
    }

    func copyPart(
        _ number: Int, of upload: Upload, from source: CopySource, _ range: Range<Int>
    ) async throws(StoreError) -> UploadedPart {
        try await watch(.copy(number)) { () async throws(StoreError) in
            let part = try await store.copyPart(number, of: upload, from: source, range)
            state.withLock { $0.copied += range.count }
            return part
        }
    }

    func complete(
        _ upload: Upload, _ parts: [UploadedPart], if condition: WriteCondition
    ) async throws(StoreError) -> PutResult {
        try await watch(.complete) { () async throws(StoreError) in
            try await store.complete(upload, parts, if: condition)
        }
    }

    func mark(of parts: [UploadedPart]) -> ObjectMark? { store.mark(of: parts) }
    func hasMark(_ mark: ObjectMark, _ object: ObjectInfo) async throws(StoreError) -> Bool {
        try await store.hasMark(mark, object)
    }

    func abort(_ upload: Upload) async throws(StoreError) {
        try await watch(.abort) { () async throws(StoreError) in try await store.abort(upload) }
    }

    func copy(
        _ source: CopySource, to key: ObjectKey, _ metadata: ObjectMetadata?, if condition: WriteCondition
    ) async throws(StoreError) -> PutResult {
        try await store.copy(source, to: key, metadata, if: condition)
    }

    func delete(_ deletions: [Deletion]) async throws(StoreError) -> [Result<Void, StoreError>] {
        try await store.delete(deletions)
    }
}
