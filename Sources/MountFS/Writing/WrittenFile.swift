import Glibc
import ObjectStore
import Platform
import Staging
import Synchronization

/// A file that programs write to, and its way into the bucket.
///
/// `save` seals what is there and has it uploaded; who waits is answered when that version, or a later one, is in the
/// bucket. Uploads of one file come one after the other. One that fails is tried again for as long as the file is there:
/// what programs were told to be safe on this disk shall come into the bucket, however late.
final class WrittenFile: Sendable {
    typealias Waiter = @Sendable (Result<Void, SystemError>) -> Void

    private struct Waiting {
        let version: Int
        let then: Waiter
    }

    private struct State {
        /// Nothing once it was deleted.
        var key: ObjectKey?
        /// What is in the bucket under the key, as far as we know.
        var replacing: ObjectVersion?
        var attributes: WrittenAttributes
        var waiting: [Waiting] = []
        var isSaving = false
        /// Since when the store has not answered.
        var failingSince: Int?
        var failure: Uploader.Failure?
        /// The next part to be sent while the file is being written.
        var nextAhead = 1
        /// How many of them are on their way, and who waits until none is.
        var ahead = 0
        var waitingForNone: CheckedContinuation<Void, Never>?
    }

    let staged: StagedFile
    private let uploader: Uploader
    private let settings: WritingSettings
    private let onSaved: @Sendable (WrittenFile, StoredObject) -> Void
    private let state: Mutex<State>
    /// Where the next part that is sent ahead ends: most writes need to know no more.
    private let endOfNext: Atomic<Int>

    /// `onSaved` is called before those who wait are answered.
    init(
        _ staged: StagedFile, _ uploader: Uploader, _ settings: WritingSettings, key: ObjectKey,
        replacing: ObjectVersion?, _ attributes: WrittenAttributes,
        onSaved: @escaping @Sendable (WrittenFile, StoredObject) -> Void
    ) {
        self.staged = staged
        self.uploader = uploader
        self.settings = settings
        self.onSaved = onSaved
        state = Mutex(State(key: key, replacing: replacing, attributes: attributes))
        endOfNext = Atomic(uploader.layout.range(of: 1).upperBound)
    }

    var key: ObjectKey? { state.withLock { $0.key } }
    var attributes: WrittenAttributes { state.withLock { $0.attributes } }
    /// Why the last attempt has failed; nothing once one has not.
    var failure: Uploader.Failure? { state.withLock { $0.failure } }
    /// Something of it is not in the bucket.
    var isUnsaved: Bool { staged.state.isTorn || staged.state.sealed != nil }

    // MARK: Changes

    func write(_ bytes: UnsafeRawBufferPointer, at offset: Int) throws(SystemError) {
        try staged.write(bytes, at: offset)
        if offset + bytes.count > endOfNext.load(ordering: .relaxed) { sendAhead() }
    }

    func set(_ attributes: WrittenAttributes) throws(SystemError) {
        try staged.describe(attributes.words)
        state.withLock { $0.attributes = attributes }
    }

    /// It is to become this object from now on; nothing: none.
    func move(to key: ObjectKey?, replacing: ObjectVersion?) throws(SystemError) {
        try staged.name(key?.words)
        state.withLock { state in
            state.key = key
            state.replacing = replacing
            beginAgain(&state)
        }
    }

    // MARK: Saving

    /// The file is whole as it is now. Answers when it is in the bucket, or cannot come there; the latter is no end.
    func save(_ then: @escaping Waiter) {
        let version: Int
        do throws(SystemError) {
            version = try staged.seal()
        } catch {
            return then(.failure(error))
        }
        let isFirst = state.withLock { state in
            state.waiting.append(Waiting(version: version, then: then))
            defer { state.isSaving = true }
            return !state.isSaving
        }
        if isFirst { begin { await $0.saveAll() } }
    }

    private func begin(_ work: @escaping @Sendable (WrittenFile) async -> Void) {
        Task(executorPreference: settings.threads) { await work(self) }
    }

    private func saveAll() async {
        await waitForAhead()
        var pause = settings.pauses.lowerBound
        while let target = nextTarget() {
            let parts = staged.state.sealed?.parts.count
            do throws(Uploader.Failure) {
                guard let saved = try await uploader.upload(staged, to: target) else { continue }
                pause = settings.pauses.lowerBound
                finish(saved)
            } catch {
                // Something was done all the same.
                if staged.state.sealed?.parts.count != parts { state.withLock { $0.failingSince = nil } }
                guard let next = note(error, pause) else { return }
                try? await Task.sleep(for: .milliseconds(next.milliseconds))
                pause = min(TimeSpan(milliseconds: pause.milliseconds * 2), settings.pauses.upperBound)
            }
        }
    }

    /// Nothing when there is nothing to be done any more; then the next `save` begins anew.
    private func nextTarget() -> Uploader.Target? {
        let (target, done) = state.withLock { state -> (Uploader.Target?, [Waiting]) in
            if let key = state.key, staged.state.sealed != nil {
                return (place(for: key, state), [])
            }
            state.isSaving = false
            // Of what was deleted nothing is left to be saved.
            defer { state.waiting = [] }
            return (nil, state.waiting)
        }
        for waiting in done { waiting.then(.success(())) }
        return target
    }

    private func finish(_ saved: Uploader.Saved) {
        state.withLock { state in
            if state.key == saved.object.key { state.replacing = saved.object.version }
            state.failingSince = nil
            state.failure = nil
            beginAgain(&state)
        }
        onSaved(self, saved.object)
        answer(.success(())) { $0.version <= saved.number }
    }

    /// How long to wait before the next attempt; nothing when there shall be none.
    private func note(_ failure: Uploader.Failure, _ pause: TimeSpan) -> TimeSpan? {
        let now = settings.now()
        let since = state.withLock { state in
            state.failure = failure
            state.failingSince = state.failingSince ?? now
            return state.failingSince!
        }
        switch failure {
        case .conflict:
            state.withLock { $0.isSaving = false }
            answer(.failure(SystemError(code: ESTALE)))
            return nil
        case .store(let error) where error.isRetryable:
            if now - since >= settings.ioTimeout.milliseconds { answer(.failure(.ioError)) }
            return pause
        case .store(let error):
            answer(.failure(SystemError(error)))
            return settings.longPause
        case .disk(let error):
            answer(.failure(error))
            return settings.longPause
        }
    }

    private func answer(_ result: Result<Void, SystemError>, _ isMeant: (Waiting) -> Bool = { _ in true }) {
        let meant = state.withLock { state in
            let meant = state.waiting.filter(isMeant)
            state.waiting.removeAll(where: isMeant)
            return meant
        }
        for waiting in meant { waiting.then(result) }
    }

    // MARK: Ahead of the end

    /// Parts of a new file that are whole are sent while the rest is being written. Who changes them again has them sent
    /// again.
    private func sendAhead() {
        let staged = staged.state
        guard staged.image.baseEnd == 0, staged.sealed == nil else { return }
        while let (part, target) = state.withLock({ takeNext(staged.image, &$0) }) {
            begin { file in
                // What fails now is tried again, and said, when the file is saved.
                try? await file.uploader.sendAhead(part, of: file.staged, to: target)
                file.endAhead()
            }
        }
    }

    private func takeNext(_ image: StagedImage, _ state: inout State) -> (Int, Uploader.Target)? {
        let range = uploader.layout.range(of: state.nextAhead)
        // The last part has another end, which nobody knows yet. While a version is saved its parts are sent.
        guard let key = state.key, !state.isSaving, image.size > range.upperBound, image.here.contains(range) else {
            return nil
        }
        let part = state.nextAhead
        state.nextAhead += 1
        state.ahead += 1
        endOfNext.store(uploader.layout.range(of: state.nextAhead).upperBound, ordering: .relaxed)
        return (part, place(for: key, state))
    }

    private func beginAgain(_ state: inout State) {
        state.nextAhead = 1
        endOfNext.store(uploader.layout.range(of: 1).upperBound, ordering: .relaxed)
    }

    private func endAhead() {
        let waiting = state.withLock { state in
            state.ahead -= 1
            guard state.ahead == 0 else { return CheckedContinuation<Void, Never>?.none }
            defer { state.waitingForNone = nil }
            return state.waitingForNone
        }
        waiting?.resume()
    }

    /// A part must not be on its way twice: nobody knows which of the two the store would keep.
    private func waitForAhead() async {
        await withCheckedContinuation { continuation in
            let isNone = state.withLock { state in
                if state.ahead > 0 { state.waitingForNone = continuation }
                return state.ahead == 0
            }
            if isNone { continuation.resume() }
        }
    }

    private func place(for key: ObjectKey, _ state: State) -> Uploader.Target {
        let keepsMetadata = uploader.store.capabilities.keepsMetadata
        return Uploader.Target(
            key: key, metadata: keepsMetadata ? state.attributes.metadata(of: .file) : .init(),
            replacing: state.replacing)
    }
}
