import Glibc
import JSON
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

    struct Waiting {
        let version: Int
        /// Who waits is a program that is told about its file.
        let isTold: Bool
        let then: Waiter
    }

    struct State {
        /// Nothing once it was deleted.
        var key: ObjectKey?
        /// What is in the bucket under the key, as far as we know.
        var replacing: ObjectVersion?
        /// What the object there has beside its bytes.
        var stored: ObjectMetadata
        var attributes: WrittenAttributes
        /// When it was written to last, in nanoseconds since 1970; the times that a program sets come before it.
        var written: Int?
        /// When the object was stored.
        var objectTime: Int?
        /// When something of it was changed from here last, by whichever mount's session.
        var changed: Int?

        var waiting: [Waiting] = []
        /// It is whole as it is now, and that could not be noted.
        var isSealWanted = false
        /// Somebody sees to what is sealed.
        var isSaving = false
        /// The store is being asked at this moment.
        var isAttempting = false
        /// The staged file may know that its version is in the bucket, and what follows from that is not noted yet.
        var isUploading = false
        /// How many want no attempt to be made, and those of them that wait until none is.
        var stills = 0
        var waitingForStillness: [CheckedContinuation<Void, Never>] = []
        /// Since when the store has not answered.
        var failingSince: Int?
        var failure: Uploader.Failure?
        /// Before the next attempt. Whoever wants one at once ends it.
        var pause: AlarmClock.Pause?
        /// Somebody else has written to the object, and whoever keeps what is here has been told.
        var hasConflict = false
        var isConflictTold = false
        /// Another file was being renamed to its name when everybody was killed, and nobody knows how far that had come.
        var givesWay = false
        /// Where the store was asked to move it, and whether nobody will hear that it has.
        var moving: WrittenMove?
        var isMoveUnheard = false
        /// Nobody waited when it happened.
        var lateError: SystemError?
        /// Who may write to it.
        var handles: [WrittenHandle] = []
        /// The last who wrote to it died in the middle of it.
        var isAbandoned = false
        /// Why attributes could not be stored at last.
        var unstored: StoreError?

        /// The next part to be sent while the file is being written.
        var nextAhead = 1
        /// What is read through the object that the file was.
        var base: (object: StoredObject, open: OpenObject)?
    }

    let staged: StagedFile
    let kind: NodeKind
    let uploader: Uploader
    let settings: WritingSettings
    let onEnd: @Sendable (WrittenFile, StoredObject?) -> Void
    let onMove: @Sendable (WrittenFile, ObjectKey) -> Void
    let state: Mutex<State>
    /// Where the next part that is sent ahead ends: most writes need to know no more.
    let endOfNext: Atomic<Int>
    /// Parts of a version that nobody has sealed. Whoever sends one waits for them: a part must not be on its way twice, since
    /// nobody knows which of the two the store would keep.
    let ahead = UnderWay()
    /// Attributes of what is in the bucket, on their way there.
    let storing = UnderWay()
    /// What wants the file to be still is done one after the other.
    let stillness = Gate(1)
    let room: StagingRoom
    /// How many bytes of the room it takes.
    private let taken: Atomic<Int>

    /// `onEnd` is called when a version is in the bucket, before those who wait are answered, or with nothing when it will not
    /// come there; `onMove` when it is found under another name there.
    init(
        _ staged: StagedFile, _ uploader: Uploader, _ settings: WritingSettings, key: ObjectKey?,
        replacing: ObjectVersion?, _ attributes: WrittenAttributes, stored: ObjectMetadata? = nil,
        kind: NodeKind = .file, room: StagingRoom = StagingRoom(.max / 2),
        objectTime: Int? = nil, changed: Int? = nil, onEnd: @escaping @Sendable (WrittenFile, StoredObject?) -> Void,
        onMove: @escaping @Sendable (WrittenFile, ObjectKey) -> Void = { _, _ in }
    ) {
        self.staged = staged
        self.kind = kind
        self.uploader = uploader
        self.settings = settings
        self.room = room
        taken = Atomic(staged.state.image.occupied)
        self.onEnd = onEnd
        self.onMove = onMove
        var state = State(
            key: key, replacing: replacing, stored: stored ?? attributes.metadata(of: kind), attributes: attributes)
        (state.objectTime, state.changed) = (objectTime, changed)
        self.state = Mutex(state)
        endOfNext = Atomic(uploader.layout(of: staged).endBeyond(1))
        room.takeAnyway(taken.load(ordering: .relaxed))
    }

    deinit { room.give(taken.load(ordering: .relaxed)) }

    /// For the attempts to bring the file into the bucket whole.
    let wholeCopy = KeptCopy()

    var key: ObjectKey? { state.withLock { $0.key } }
    var attributes: WrittenAttributes { state.withLock { $0.attributes } }
    /// What is in the bucket under its key.
    var replacing: ObjectVersion? { state.withLock { $0.replacing } }
    /// What the object there has beside its bytes.
    var stored: ObjectMetadata { state.withLock { $0.stored } }
    /// Why the last attempt has failed; nothing once one has not.
    var failure: Uploader.Failure? { state.withLock { $0.failure } }
    /// Something of it is not in the bucket.
    var isUnsaved: Bool {
        let staged = staged.state
        return staged.isTorn || staged.sealed != nil
    }

    var isAbandoned: Bool {
        get { state.withLock { $0.isAbandoned } }
        set { state.withLock { $0.isAbandoned = newValue } }
    }
    /// It is whole as it is now, and that could not be noted.
    var isSealWanted: Bool { state.withLock { $0.isSealWanted && $0.key != nil } }
    /// Its bytes are in the bucket, and attributes of it are on their way, or cannot come there now for this reason.
    var unstored: (isPending: Bool, failure: StoreError?) {
        // In this order: whoever ends it has said before why it failed.
        let isStoring = storing.isAny
        let failure = state.withLock { $0.unstored }
        return (isStoring || failure != nil, failure)
    }
    /// Somebody else has written to the object.
    var hasConflict: Bool { state.withLock { $0.hasConflict } }
    var givesWay: Bool {
        get { state.withLock { $0.givesWay } }
        set { state.withLock { $0.givesWay = newValue } }
    }
    /// It is not whole, and no version that is waits to be saved.
    var isTorn: Bool {
        guard !state.withLock(\.isUploading) else { return false }
        let staged = staged.state
        return staged.isTorn && staged.sealed == nil
    }
    /// Nothing is to be done about it.
    var isSettled: Bool {
        guard !state.withLock({ $0.isUploading || $0.stills > 0 }) else { return false }
        return !isUnsaved && !hasOtherAttributes
    }

    /// The object may be another one already, by what was asked of the store from here.
    var mayHaveMovedOn: Bool {
        let isBeingAsked = state.withLock { state in
            // Where objects are files that takes a moment; elsewhere what is asked for is noted before.
            state.moving != nil || state.stills > 0 || state.isAttempting && uploader.store is any FolderStore
        }
        return isBeingAsked || !staged.state.attempts.isEmpty
    }

    /// An error that nobody was told of; it is told once.
    func takeLateError() -> SystemError? {
        state.withLock { state in
            defer { state.lateError = nil }
            return state.lateError
        }
    }

    // MARK: Changes

    /// Room for all of it was taken by the caller.
    func write(_ bytes: UnsafeRawBufferPointer, at offset: Int) throws(SystemError) {
        let added: Int
        do throws(SystemError) {
            added = try staged.write(bytes, at: offset)
        } catch {
            room.give(bytes.count)
            throw error
        }
        taken.add(added, ordering: .relaxed)
        if added < bytes.count { room.give(bytes.count - added) }
        noteWrite()
        if offset + bytes.count > endOfNext.load(ordering: .relaxed) { sendAhead() }
    }

    /// Bytes of the object that it was, which is about to go.
    func fill(_ bytes: [UInt8], at offset: Int) throws(SystemError) {
        let result = bytes.withUnsafeBytes { bytes in
            Result { () throws(SystemError) in _ = try staged.write(bytes, at: offset) }
        }
        try result.get()
        countRoom()
    }

    func resize(to size: Int) throws(SystemError) {
        try staged.resize(to: size)
        countRoom()
        noteWrite()
        state.withLock { beginAgain(&$0) }
    }

    /// Makes a range zeros.
    func clear(_ range: Range<Int>) throws(SystemError) {
        try staged.clear(range)
        countRoom()
        noteWrite()
    }

    /// What was sent already leaves the disk, to make room.
    func letGoOfParts() throws(SystemError) {
        let count = try staged.letGoOfParts()
        taken.subtract(count, ordering: .relaxed)
        room.give(count)
    }

    /// Some of it is on its way into the bucket, so that there will be room.
    var isOnItsWay: Bool { ahead.isAny || staged.state.sealed != nil }

    /// Gives back what the file does not take any more.
    func countRoom() {
        let now = staged.state.image.occupied
        let before = taken.exchange(now, ordering: .relaxed)
        if now > before { room.takeAnyway(now - before) } else { room.give(before - now) }
    }

    private func noteWrite() {
        let now = FileTime.now.inNanoseconds
        state.withLock { state in
            (state.written, state.changed) = (now, now)
            state.isSealWanted = false
            // Until somebody sets it again.
            state.attributes.modified = nil
        }
    }

    func set(_ attributes: WrittenAttributes) throws(SystemError) {
        let stored = state.withLock { $0.stored }
        try staged.describe(WrittenDescription(attributes, stored: stored).words)
        state.withLock { ($0.attributes, $0.changed) = (attributes, FileTime.now.inNanoseconds) }
    }

    /// A version with the same bytes as the object has its time.
    func keepTime() throws(SystemError) {
        var (attributes, time) = state.withLock { ($0.attributes, $0.written ?? $0.objectTime) }
        attributes.modified = attributes.modified ?? time
        try set(attributes)
    }

    /// Notes who may write to it, so that a session after this one knows them. One after the other: a close comes at the same time
    /// as the next open, and the journal must not end with who has gone.
    func change(_ handles: (inout [WrittenHandle]) -> Void) throws(SystemError) {
        let result = state.withLock { state in
            handles(&state.handles)
            let words = JSONValue.array(state.handles.map(\.words))
            return Result { () throws(SystemError) in try staged.hold(words) }
        }
        try result.get()
    }

    /// It is to become this object from now on; nothing: none.
    func move(
        to key: ObjectKey?, replacing: ObjectVersion?, _ exchange: WrittenExchange? = nil
    ) throws(SystemError) {
        try staged.name(key.map { WrittenName($0, replacing: replacing, exchange).words })
        noteMoved(to: key, replacing: replacing)
    }

    private func noteMoved(to key: ObjectKey?, replacing: ObjectVersion?) {
        state.withLock { state in
            state.key = key
            state.replacing = replacing
            state.moving = nil
            beginAgain(&state)
        }
    }

    /// With the object that it was, which has these metadata there, or the same as before.
    func move(
        to key: ObjectKey, with object: ObjectVersion?, _ metadata: ObjectMetadata?
    ) throws(SystemError) {
        let old = state.withLock { ($0.key, $0.replacing) }
        guard let object, let base = staged.state.base.flatMap(StoredObject.init(words:)),
            base.key == old.0, base.version == old.1
        else { return try move(to: key, replacing: object) }
        let name = WrittenName(key, replacing: object)
        // With the name alone the bytes of what it was would be looked for where they are not any more.
        try staged.move(name.words, StoredObject(key, object, size: base.size).words)
        noteMoved(to: key, replacing: object)
        if let metadata { state.withLock { $0.stored = metadata } }
        try staged.describe(state.withLock { WrittenDescription($0.attributes, stored: $0.stored).words })
    }

    /// Another file is being renamed to its name: should everybody be killed, nobody shall take that for somebody else's.
    func giveWay() throws(SystemError) {
        let (key, replacing, moving) = state.withLock { ($0.key, $0.replacing, $0.moving) }
        guard let key else { return }
        try staged.name(WrittenName(key, replacing: replacing, moving: moving, givesWay: true).words)
    }

    /// It is there all the same, and somebody writes to it, or it is in the bucket.
    func stay() throws(SystemError) {
        let (key, replacing, moving, givesWay) = state.withLock { ($0.key, $0.replacing, $0.moving, $0.givesWay) }
        guard givesWay, let key else { return }
        try staged.name(WrittenName(key, replacing: replacing, moving: moving).words)
        state.withLock { $0.givesWay = false }
    }

    /// It has no name any more, and the object that it was is to go when it is closed.
    func doom() throws(SystemError) {
        try staged.name(WrittenFate.doomedWords)
        state.withLock { state in
            (state.key, state.replacing, state.moving) = (nil, nil, nil)
            beginAgain(&state)
        }
    }

    /// It is about to have no name any more; its object goes with that, if it is the one that it was.
    func noteRemoval(ofObject: Bool) throws(SystemError) {
        try staged.name(ofObject ? WrittenFate.doomedWords : nil)
    }

    /// Another file has come to the place of that object.
    func spareObject() throws(SystemError) { try staged.name(nil) }

    /// The object that it was is this one now, with the same bytes.
    func rebase(on object: StoredObject, _ metadata: ObjectMetadata?) throws(SystemError) {
        try staged.rebase(object.words)
        let description = state.withLock { state in
            if let metadata { state.stored = metadata }
            if state.key == object.key { state.replacing = object.version }
            return WrittenDescription(state.attributes, stored: state.stored)
        }
        try staged.describe(description.words)
    }

    func beginAgain(_ state: inout State) {
        state.nextAhead = 1
        endOfNext.store(uploader.layout(of: staged).endBeyond(1), ordering: .relaxed)
    }

    func begin(_ work: @escaping @Sendable (WrittenFile) async -> Void) {
        Task(executorPreference: settings.threads) { await work(self) }
    }

    /// On this thread as far as that goes without waiting, for a program that waits for it.
    func beginHere(_ work: @escaping @Sendable (WrittenFile) async -> Void) {
        if let threads = settings.threads { threads.begin(here: { await work(self) }) } else { begin(work) }
    }
}
