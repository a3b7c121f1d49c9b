import Glibc
public import JSON
public import Platform
import Synchronization

/// A file that is being written, on the local disk: its bytes, and the log of what happened to it.
///
/// Every change is in the log when its call returns, so that a session that is killed loses nothing that a program was
/// told. What was sealed stays readable while the file is written to: see `SealedVersion`.
///
/// Calls wait for the disk. One at a time changes the file; whoever reads or sends bytes holds nobody up.
public final class StagedFile: Sendable {
    struct Contents: Sendable {
        var state: StagedState
        var log: StagingLog
        /// What the sealed version had where it was written over.
        var aside: SharedDescriptor?
        /// By numbers that are given once.
        var sendings: [Int: Sending] = [:]
        var lastSending = 0
        /// The object in parts is about to be forgotten: its parts stay on the disk.
        var keepsParts = false
    }

    /// Its name in the staging folder, without an ending.
    public let id: String
    /// Only places that the image has here mean anything.
    public let data: SharedDescriptor
    /// For those who begin an object in parts of it, so that there is one.
    public let beginning = Gate(1)
    /// The version of which no part that was sent was of use.
    let begunAnew = Atomic(0)
    private let folder: SharedDescriptor
    let contents: Mutex<Contents>
    private let currentSize: Atomic<Int>

    /// A new one.
    init(_ id: String, in folder: SharedDescriptor, _ state: StagedState) throws(SystemError) {
        self.id = id
        self.folder = folder
        data = SharedDescriptor(
            try .open(Self.dataName(id), in: folder.file, FileFlags.createReadable, mode: 0o600))
        let log = try StagingLog(Self.logName(id), in: folder, state)
        contents = Mutex(Contents(state: state, log: log))
        currentSize = Atomic(state.image.size)
    }

    /// One that a process before this one has left; nothing when its log says nothing.
    init?(left id: String, in folder: SharedDescriptor) throws(SystemError) {
        self.id = id
        self.folder = folder
        guard let (log, state) = try StagingLog.left(Self.logName(id), in: folder) else { return nil }
        data = SharedDescriptor(try .open(Self.dataName(id), in: folder.file, O_RDWR))
        var aside: SharedDescriptor?
        if let sealed = state.sealed, !sealed.aside.isEmpty {
            do throws(SystemError) {
                aside = SharedDescriptor(try .open(Self.asideName(id), in: folder.file, O_RDWR))
            } catch  where error.code == ENOENT {
                throw .ioError
            }
        }
        contents = Mutex(Contents(state: state, log: log, aside: aside))
        currentSize = Atomic(state.image.size)
    }

    static func dataName(_ id: String) -> RawPath { RawPath(id + ".data") }
    static func logName(_ id: String) -> RawPath { RawPath(id + ".log") }
    static func asideName(_ id: String) -> RawPath { RawPath(id + ".aside") }
    private static func copyName(_ id: String) -> RawPath { RawPath(id + ".copy") }
    /// The log first: without one the rest means nothing.
    static let endings = [".log", ".data", ".aside", ".copy"]
    static func names(_ id: String) -> [RawPath] { endings.map { RawPath(id + $0) } }

    /// Of its bytes, in the staging folder.
    public var dataName: RawPath { Self.dataName(id) }
    public var state: StagedState { contents.withLock { $0.state } }
    /// Without waiting for whoever has something to do on the disk.
    public var size: Int { currentSize.load(ordering: .acquiring) }

    // MARK: Content

    /// Returns how many bytes there are more here than before.
    @discardableResult
    public func write(_ bytes: UnsafeRawBufferPointer, at offset: Int) throws(SystemError) -> Int {
        let range = offset..<offset + bytes.count
        return try changing(range) { [data] () throws(SystemError) in
            try data.file.write(bytes, at: offset)
            return .wrote(range)
        }
    }

    /// Makes what lies in the file there zeros. Returns the same.
    @discardableResult
    public func clear(_ range: Range<Int>) throws(SystemError) -> Int {
        let range = range.clamped(to: 0..<state.image.size)
        return try changing(range) { [data] () throws(SystemError) in
            try data.file.clear(range)
            // Who sends the range from the file wants to find it.
            if try data.file.entry().size < range.upperBound { try data.file.resize(to: range.upperBound) }
            return .wrote(range)
        }
    }

    public func resize(to size: Int) throws(SystemError) {
        try with { contents throws(SystemError) in
            let old = contents.state.image.size
            let sent = contents.state.image.sent
            guard size == 0 || size >= sent.end else { throw SystemError(code: ENOSPC) }
            contents.spoilSendings(min(size, old)..<max(size, old))
            try contents.append(.resized(size))
            // A version that waits may need what is cut off.
            if contents.state.sealed == nil, size < old { try data.file.resize(to: size) }
        }
    }

    /// Puts aside what has to be, then changes bytes, then notes it: who is killed between has not been told anything.
    private func changing(
        _ range: Range<Int>, _ change: () throws(SystemError) -> StagingRecord
    ) throws(SystemError) -> Int {
        guard !range.isEmpty else { return 0 }
        return try with { contents throws(SystemError) in
            // What has left the disk for want of room cannot be put together again here.
            guard !contents.state.image.sent.overlaps(range) else { throw SystemError(code: ENOSPC) }
            try putAside(range, &contents)
            contents.spoilSendings(range)
            let added = contents.state.image.here.gaps(in: range).count
            try contents.append(try change())
            return added
        }
    }

    private func putAside(_ range: Range<Int>, _ contents: inout Contents) throws(SystemError) {
        guard let places = contents.state.sealed?.atRisk(in: range), !places.isEmpty else { return }
        let aside: SharedDescriptor
        if let open = contents.aside { aside = open } else { aside = try openAside() }
        contents.aside = aside
        for place in places.ranges {
            let copied = try RangeCopy.copy(
                from: data.file, at: place.lowerBound, count: place.count, to: aside.file, at: place.lowerBound)
            // The rest is a hole at the end.
            if copied < place.count { try aside.file.clear(place.dropFirst(copied)) }
            try contents.append(.putAside(place))
        }
    }

    private func openAside() throws(SystemError) -> SharedDescriptor {
        let file = try OwnedDescriptor.open(Self.asideName(id), in: folder.file, FileFlags.readWrite, mode: 0o600)
        try file.resize(to: 0)
        return SharedDescriptor(file)
    }

    /// Parts of a file that is being written leave the disk, since the store has them. Returns how many bytes that are.
    public func letGoOfParts() throws(SystemError) -> Int {
        try with { contents throws(SystemError) in
            guard contents.state.sealed == nil, !contents.keepsParts,
                let parts = contents.state.upload?.parts.values
            else { return 0 }
            var count = 0
            for part in parts {
                let image = contents.state.image
                guard image.here.contains(part.range), !image.sent.overlaps(part.range) else { continue }
                try contents.append(.letGo(part.range))
                try data.file.clear(part.range)
                count += part.range.count
            }
            return count
        }
    }

    /// No part leaves the disk until the object in parts is forgotten, since it would be nowhere then; EBUSY when one has.
    public func keepParts() throws(SystemError) {
        try with { contents throws(SystemError) in
            guard contents.state.image.sent.isEmpty else { throw SystemError(code: EBUSY) }
            contents.keepsParts = true
        }
    }

    /// It has not been forgotten after all.
    public func mayLetGoOfParts() { contents.withLock { $0.keepsParts = false } }

    // MARK: Versions

    /// The file is whole as it is now, and waits to be uploaded. It takes the place of a version that waited. Returns its
    /// number.
    @discardableResult
    public func seal() throws(SystemError) -> Int {
        try with { contents throws(SystemError) in
            try contents.append(.sealed)
            for number in contents.sendings.keys { contents.sendings[number]?.wasSealed() }
            try dropAside(&contents)
            return contents.state.seals
        }
    }

    /// The version is about to be sent whole, or completed. Should that come to nobody's ears, it is known by this.
    public func attempt(_ attempt: StagedAttempt) throws(SystemError) {
        try with { contents throws(SystemError) in
            guard !contents.state.attempts.contains(attempt) else { return }
            try contents.append(.attempted(attempt))
        }
    }

    /// The sealed version of this number is in the bucket as this object. What is here of it is not needed any more, unless
    /// another version has taken its place.
    public func settle(_ number: Int, as base: JSONValue) throws(SystemError) {
        try with { contents throws(SystemError) in
            try contents.append(.settled(number, base))
            contents.sendings = [:]
            guard contents.state.sealed == nil else { return }
            try dropAside(&contents)
            try freeRoom(contents.state.image)
        }
    }

    /// Beside it, for bytes of it; they are gone with who has it open.
    public func nameless() throws(SystemError) -> SharedDescriptor {
        if let file = try folder.file.makeNamelessFile(mode: 0o600) { return SharedDescriptor(file) }
        // One after the other: for a moment it has a name.
        return try with { _ throws(SystemError) in
            let name = Self.copyName(id)
            try folder.file.removeIfAny(name)
            let file = try OwnedDescriptor.open(name, in: folder.file, FileFlags.createReadable, mode: 0o600)
            try folder.file.remove(name)
            return SharedDescriptor(file)
        }
    }

    private func dropAside(_ contents: inout Contents) throws(SystemError) {
        guard contents.aside != nil else { return }
        contents.aside = nil
        try folder.file.remove(Self.asideName(id))
    }

    private func freeRoom(_ image: StagedImage) throws(SystemError) {
        try data.file.resize(to: image.here.end)
        for gap in image.here.gaps(in: 0..<image.here.end).ranges { try data.file.clear(gap) }
    }

    // MARK: What it is

    public func name(_ name: JSONValue?) throws(SystemError) { try note(.named(name)) }
    public func describe(_ description: JSONValue) throws(SystemError) { try note(.described(description)) }

    public func hold(_ holders: JSONValue) throws(SystemError) { try note(.held(holders)) }
    /// The object is this one now, with the same bytes.
    public func rebase(_ base: JSONValue) throws(SystemError) { try note(.rebased(base)) }
    public func move(_ name: JSONValue, _ base: JSONValue) throws(SystemError) { try note(.moved(name, base)) }

    func note(_ record: StagingRecord) throws(SystemError) {
        try with { contents throws(SystemError) in try contents.append(record) }
    }

    func with<Answer: Sendable>(
        _ body: (inout Contents) throws(SystemError) -> Answer
    ) throws(SystemError) -> Answer {
        let result = contents.withLock { contents -> Result<Answer, SystemError> in
            do throws(SystemError) {
                defer { currentSize.store(contents.state.image.size, ordering: .releasing) }
                return .success(try body(&contents))
            } catch {
                return .failure(error)
            }
        }
        return try result.get()
    }

    /// What was written until now is on the disk, also when the machine loses its power.
    public func synchronize() throws(SystemError) {
        try data.file.synchronize()
        try with { contents throws(SystemError) in
            try contents.aside?.file.synchronize()
            try contents.log.synchronize()
        }
    }

    /// Nothing of it is left on the disk.
    public func remove() throws(SystemError) {
        for name in Self.names(id) { try folder.file.removeIfAny(name) }
    }
}

extension StagedFile.Contents {
    mutating func append(_ record: StagingRecord) throws(SystemError) {
        try log.append(record)
        state.apply(record)
        try log.shortenIfLong(state)
    }

    mutating func spoilSendings(_ range: Range<Int>) {
        for (number, sending) in sendings where sending.range.overlaps(range) { sendings[number]?.wasChanged() }
    }
}
