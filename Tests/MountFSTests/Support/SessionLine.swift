import Checksums
import ObjectStore
import Platform
import Synchronization

/// A session's way to its bucket, which ends when the test kills the session: from then on no call comes through, and none
/// returns. Unchecked only for the line of a folder, which is one of these with more calls: all that it holds is constant or locked.
class SessionLine: ObjectStore, @unchecked Sendable {
    /// Calls that change something.
    enum Step: String, Sendable, CaseIterable {
        case put, begin, part, copyPart, complete, abort, copy, rename, delete, set
    }

    enum Moment: Sendable, CaseIterable {
        /// The bucket hears nothing of the call.
        case before
        /// The bucket has done it, and nobody hears of that.
        case behind
    }

    private struct State {
        var isCut = false
        var cut: (step: Step?, number: Int, moment: Moment)?
        var counts: [Step: Int] = [:]
        var lost: [CheckedContinuation<Void, Never>] = []
    }

    private let store: any ObjectStore
    private let state = Mutex(State())

    init(_ store: any ObjectStore) {
        self.store = store
    }

    var isCut: Bool { state.withLock { $0.isCut } }

    func cut() { state.withLock { $0.isCut = true } }

    /// At the call of this number from now on, from 1; of any kind if none is said.
    func cut(_ step: Step? = nil, _ number: Int, _ moment: Moment) {
        state.withLock { state in
            state.cut = (step, number, moment)
            state.counts = [:]
        }
    }

    fileprivate func through<Answer>(
        _ step: Step?, _ body: () async throws(StoreError) -> Answer
    ) async throws(StoreError) -> Answer {
        let moment = state.withLock { state -> Moment? in
            guard let step, !state.isCut else { return nil }
            state.counts[step, default: 0] += 1
            guard let cut = state.cut, cut.step ?? step == step,
                (cut.step.map { state.counts[$0]! } ?? state.counts.values.reduce(0, +)) == cut.number
            else { return nil }
            if cut.moment == .before { state.isCut = true }
            return cut.moment
        }
        await endIfCut()
        let result: Result<Answer, StoreError>
        do throws(StoreError) {
            result = .success(try await body())
        } catch {
            result = .failure(error)
        }
        if moment == .behind { cut() }
        await endIfCut()
        return try result.get()
    }

    private func endIfCut() async {
        guard isCut else { return }
        await withCheckedContinuation { continuation in state.withLock { $0.lost.append(continuation) } }
    }

    // MARK: ObjectStore

    var capabilities: StoreCapabilities { store.capabilities }
    func mark(of parts: [UploadedPart]) -> ObjectMark? { store.mark(of: parts) }
    func hasMark(_ mark: ObjectMark, _ object: ObjectInfo) async throws(StoreError) -> Bool {
        try await store.hasMark(mark, object)
    }

    func list(_ request: ListRequest) async throws(StoreError) -> ListPage {
        try await through(nil) { () async throws(StoreError) in try await store.list(request) }
    }

    func stat(_ key: ObjectKey) async throws(StoreError) -> ObjectInfo {
        try await through(nil) { () async throws(StoreError) in try await store.stat(key) }
    }

    func read(
        _ key: ObjectKey, _ range: ReadRange, of version: ObjectVersion?, into sink: ByteSink,
        checksum: Checksum.Algorithm?
    ) async throws(StoreError) -> ReadResult {
        try await through(nil) { () async throws(StoreError) in
            try await store.read(key, range, of: version, into: sink, checksum: checksum)
        }
    }

    func put(_ key: ObjectKey, _ body: ByteSource, _ options: PutOptions) async throws(StoreError) -> PutResult {
        try await through(.put) { () async throws(StoreError) in try await store.put(key, body, options) }
    }

    func beginUpload(_ key: ObjectKey, _ options: UploadOptions) async throws(StoreError) -> Upload {
        try await through(.begin) { () async throws(StoreError) in try await store.beginUpload(key, options) }
    }

    func uploadPart(
        _ number: Int, of upload: Upload, _ body: ByteSource, checksum: BodyChecksum?
    ) async throws(StoreError) -> UploadedPart {
        try await through(.part) { () async throws(StoreError) in
            try await store.uploadPart(number, of: upload, body, checksum: checksum)
        }
    }

    func copyPart(
        _ number: Int, of upload: Upload, from source: CopySource, _ range: Range<Int>
    ) async throws(StoreError) -> UploadedPart {
        try await through(.copyPart) { () async throws(StoreError) in
            try await store.copyPart(number, of: upload, from: source, range)
        }
    }

    func complete(
        _ upload: Upload, _ parts: [UploadedPart], if condition: WriteCondition
    ) async throws(StoreError) -> PutResult {
        try await through(.complete) { () async throws(StoreError) in
            try await store.complete(upload, parts, if: condition)
        }
    }

    func abort(_ upload: Upload) async throws(StoreError) {
        try await through(.abort) { () async throws(StoreError) in try await store.abort(upload) }
    }

    func copy(
        _ source: CopySource, to key: ObjectKey, _ metadata: ObjectMetadata?, if condition: WriteCondition
    ) async throws(StoreError) -> PutResult {
        try await through(.copy) { () async throws(StoreError) in
            try await store.copy(source, to: key, metadata, if: condition)
        }
    }

    func rename(
        _ key: ObjectKey, to newKey: ObjectKey, if condition: WriteCondition
    ) async throws(StoreError) -> PutResult {
        try await through(.rename) { () async throws(StoreError) in
            try await store.rename(key, to: newKey, if: condition)
        }
    }

    func delete(_ deletions: [Deletion]) async throws(StoreError) -> [Result<Void, StoreError>] {
        try await through(.delete) { () async throws(StoreError) in try await store.delete(deletions) }
    }
}

/// The same to a folder of this machine.
final class FolderSessionLine: SessionLine, FolderStore, @unchecked Sendable {
    private let folder: any FolderStore

    init(_ folder: any FolderStore) {
        self.folder = folder
        super.init(folder)
    }

    func makeFolder(_ key: ObjectKey) async throws(StoreError) {
        try await through(nil) { () async throws(StoreError) in try await folder.makeFolder(key) }
    }

    func removeFolder(_ key: ObjectKey) async throws(StoreError) {
        try await through(nil) { () async throws(StoreError) in try await folder.removeFolder(key) }
    }

    func makeLink(_ key: ObjectKey, to target: RawPath) async throws(StoreError) -> ObjectVersion {
        try await through(nil) { () async throws(StoreError) in try await folder.makeLink(key, to: target) }
    }

    func exchange(_ key: ObjectKey, with other: ObjectKey) async throws(StoreError) {
        try await through(nil) { () async throws(StoreError) in try await folder.exchange(key, with: other) }
    }

    func set(_ attributes: FileAttributes, of key: ObjectKey) async throws(StoreError) -> ObjectVersion? {
        try await through(.set) { () async throws(StoreError) in try await folder.set(attributes, of: key) }
    }

    func areOfOneFile(_ version: ObjectVersion, _ other: ObjectVersion) -> Bool {
        folder.areOfOneFile(version, other)
    }
}
