import Checksums
import ObjectStore
import Platform
import Staging
import Synchronization

/// Brings sealed versions of staged files into the bucket: in one piece or in parts, of which those that are there already
/// are not sent again and those that are unchanged are copied by the store.
///
/// A file may be written to, and sealed again, all the while. What comes into the bucket is one sealed version, whole.
final class Uploader: Sendable {
    /// Where a file goes.
    struct Target: Sendable {
        var key: ObjectKey
        var metadata: ObjectMetadata
        /// The version that this one takes the place of; nothing: there is to be none.
        var replacing: ObjectVersion?
        /// What has been copied to be sent whole.
        var copy = KeptCopy()
        /// False when it is to go somewhere else, or nowhere: then nothing is begun any more.
        var isWanted: @Sendable () -> Bool = { true }
        /// Does to a new version what has to be done before it is what was wanted, which may make another one of it. Until then the
        /// journal has it as one that was sent: whoever comes after a crash knows its bytes again.
        var finishing: @Sendable (Saved) async throws(Failure) -> Saved = { saved throws(Failure) in saved }
    }

    /// A version that is in the bucket, with what it has beside its bytes.
    struct Saved: Sendable {
        let number: Int
        let object: StoredObject
        let metadata: ObjectMetadata
    }

    enum Failure: Error, Sendable {
        /// Somebody else has written to the key, or it has gone. What is there now is not touched.
        case conflict(StoreError)
        case store(StoreError)
        /// The staged file cannot be read, or its log not written.
        case disk(SystemError)
    }

    let store: any ObjectStore
    let memory: MemoryBudget
    let gate: Gate
    let smallGate: Gate
    let layout: PartLayout
    let room: StagingRoom?
    let deletions = Deletions()
    let moving = MovingFolders()
    let drains = Mutex(0)

    static let smallSize = 1 << 20

    init(
        _ store: any ObjectStore, _ memory: MemoryBudget, _ settings: UploadSettings = UploadSettings(),
        room: StagingRoom? = nil
    ) {
        self.room = room
        self.store = store
        self.memory = memory
        gate = Gate(settings.requests)
        smallGate = Gate(2 * settings.requests)
        layout = PartLayout(store.capabilities, settings)
    }

    /// Of an object that was begun its own.
    func layout(of file: StagedFile) -> PartLayout {
        guard let words = file.state.upload?.description else { return layout }
        return PartLayout(words: words, or: PartLayout(store.capabilities), wholeUpTo: layout.wholeUpTo)
    }

    /// These can be told for parts and combined for the whole. What a store can do it may tell with its first answer.
    var checksum: Checksum.Algorithm? {
        let can = store.capabilities
        return [.crc64nvme, .crc32c].first { can.checksums.contains($0) }
    }

    /// Uploads the version that is sealed now, or one that takes its place meanwhile; nothing when none is. The file knows it
    /// then. An object in parts has the metadata with which it was begun.
    @discardableResult
    func upload(_ file: StagedFile, to target: Target) async throws(Failure) -> Saved? {
        while target.isWanted(), let sealed = file.state.sealed {
            let saved: Saved?
            do throws(Failure) {
                saved = try await upload(sealed, of: file, to: target)
            } catch {
                guard error.foundAnother, let own = try await unheard(of: file, to: target, error) else {
                    throw try await hasLostBase(file, target, error) ? .conflict(error.error) : error
                }
                saved = own
            }
            // Without one, another was sealed meanwhile.
            guard var saved else { continue }
            saved = try await target.finishing(saved)
            try onDisk { () throws(SystemError) in try file.settle(saved.number, as: saved.object.words) }
            return saved
        }
        return nil
    }

    /// What it was is nowhere any more: somebody else has written to it before the folder that it is in was renamed.
    private func hasLostBase(_ file: StagedFile, _ target: Target, _ error: Failure) async throws(Failure) -> Bool {
        guard case .store(let error) = error, error.code == .notFound, !error.isRetryable,
            let base = file.state.base.flatMap(StoredObject.init(words:)), base.key != target.key
        else { return false }
        return try await found(base.key)?.version != base.version
    }

    private func upload(
        _ sealed: SealedVersion, of file: StagedFile, to target: Target
    ) async throws(Failure) -> Saved? {
        let version: ObjectVersion?
        var metadata = target.metadata
        let base = file.state.base.flatMap(StoredObject.init(words:))
        switch UploadPlan(sealed.image, store.capabilities, layout(of: file), base: base?.size) {
        case .whole:
            // It was larger when parts of it were sent.
            if file.state.upload != nil { try await forgetUpload(of: file) }
            version = try await put(sealed, of: file, to: target)
        case .parts(let parts):
            let upload = try await begunUpload(of: file, to: target)
            metadata = upload.options.metadata
            version = try await send(parts, to: upload, sealed, of: file, to: target)
        }
        return version.map {
            Saved(
                number: sealed.number, object: StoredObject(target.key, $0, size: sealed.image.size),
                metadata: metadata)
        }
    }

    /// Whoever brings something there waits for what is to go from there, alone or with the folder that it is in.
    func wait(for key: ObjectKey) async {
        while mustWait(for: key) {
            await moving.wait(for: key)
            await deletions.wait(for: key)
        }
    }

    func mustWait(for key: ObjectKey) -> Bool { moving.isMoving(key) || deletions.isUnderWay(key) }

    /// Sends a part of a file that is still being written, if it has been written whole. It is lost work when the part changes
    /// again, and else the end of the file need not wait for it.
    func sendAhead(_ number: Int, of file: StagedFile, to target: Target) async throws(Failure) {
        let range = layout(of: file).range(of: number)
        guard file.state.sealed == nil, file.state.image.here.contains(range) else { return }
        let upload = try await begunUpload(of: file, to: target)
        // Another may have been begun, in parts of other sizes.
        guard layout(of: file).range(of: number) == range, file.state.upload?.parts[number]?.range != range else {
            return
        }
        let part = PlannedPart(number: number, range: range, isCopied: false)
        try await gate.pass(rank: rank(of: file)) { () async throws(Failure) in
            try await send(part, to: upload, of: file)
        }
    }

    // MARK: Others who write

    /// Where the store cannot look and write in one step, we look just before.
    func checkByHand(_ target: Target) async throws(StoreError) {
        let found = try await store.statIfAny(target.key)?.version
        guard found == target.replacing else {
            throw StoreError(.conditionFailed, "\(target.key.shown) is not what it was when the file was opened")
        }
    }

    // MARK: Failures

    func inStore<Answer>(
        _ key: ObjectKey, _ body: () async throws(StoreError) -> Answer
    ) async throws(Failure) -> Answer {
        do throws(StoreError) {
            return try await body()
        } catch {
            switch error.code {
            case .conditionFailed, .changed: throw .conflict(error)
            default: throw .store(error)
            }
        }
    }

    func onDisk<Answer>(_ body: () throws(SystemError) -> Answer) throws(Failure) -> Answer {
        do throws(SystemError) {
            return try body()
        } catch {
            throw .disk(error)
        }
    }
}

extension Uploader.Failure {
    var error: StoreError {
        switch self {
        case .conflict(let error), .store(let error): error
        case .disk(let error): StoreError(error, "the staged file cannot be used")
        }
    }

    /// Something else is there than was expected, or nothing: it may be what was sent from here.
    var foundAnother: Bool {
        switch self {
        case .conflict: true
        case .store(let error): error.code == .notFound
        case .disk: false
        }
    }

    /// The next attempt may do better with nobody doing anything about it.
    var mayPass: Bool { if case .store(let error) = self { error.isRetryable } else { false } }
}

extension Uploader.Target {
    var condition: WriteCondition { replacing.map(WriteCondition.ifVersion) ?? .ifAbsent }
}
