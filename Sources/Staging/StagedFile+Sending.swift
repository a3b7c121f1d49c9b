import Glibc
public import JSON
public import Platform
import Synchronization

/// How bytes of a staged file come to the store: of the version that is sealed, or else, ahead of that, of the file as it
/// is now. Nobody waits for it: whoever changes bytes that are on their way makes that they have to be sent again.
extension StagedFile {
    /// An object in parts was begun, in the words of whoever talks to the store. What is under way to an earlier one is lost.
    public func beginUpload(_ description: JSONValue) throws(SystemError) { try change(.uploadBegan(description)) }
    /// The store has forgotten it, or will.
    public func endUpload() throws(SystemError) { try change(.uploadEnded) }

    /// All of a version is sent again once: what is refused again is refused.
    public func mayBeginAnew(_ version: Int) -> Bool { begunAnew.exchange(version, ordering: .relaxed) != version }

    private func change(_ upload: StagingRecord) throws(SystemError) {
        try with { contents throws(SystemError) in
            try contents.append(upload)
            contents.sendings = [:]
            contents.keepsParts = false
        }
    }

    /// A range that is being sent, and of what it consists.
    public struct SentRange: Sendable {
        public let range: Range<Int>
        /// The number of the sealed version that it is of; nothing: it is ahead of one.
        public let version: Int?
        let number: Int
        let pieces: [SealedVersion.Piece]

        /// Where all of it stands in one piece in the staged file.
        public var isInFile: Bool { pieces.count <= 1 && (pieces.first?.origin ?? .here) == .here }
        /// What has to come from the object that the file was.
        public var ofBase: [Range<Int>] { pieces.filter { $0.origin == .base }.map(\.range) }
    }

    /// Whoever begins ends it with `endSending`. The range is not empty, and lies in the file. What is in several pieces of a sealed
    /// version is perhaps to be copied, each byte from where it is by then: no change of the file changes that.
    public func beginSending(
        _ range: Range<Int>, asPart number: Int? = nil, copying: Bool = false
    ) throws(SystemError) -> SentRange {
        try with { contents throws(SystemError) in
            contents.lastSending += 1
            if let number, contents.state.hasPart(number) {
                // What only the store has stays noted.
                let gone = contents.state.sealed?.image.sent ?? contents.state.image.sent
                guard !gone.overlaps(range) else { throw .ioError }
                try contents.append(.sending(number))
            }
            let sealed = contents.state.sealed
            let pieces =
                sealed?.pieces(in: range) ?? contents.state.image.pieces(in: range).map(SealedVersion.Piece.init)
            let sent = SentRange(range: range, version: sealed?.number, number: contents.lastSending, pieces: pieces)
            var sending = Sending(
                range: range, isAsSealed: sealed != nil, isAsNow: sealed?.isUnchanged(range) ?? true)
            sending.isInMemory = copying && sealed != nil && !sent.isInFile
            contents.sendings[contents.lastSending] = sending
            return sent
        }
    }

    /// Brings what is on the disk, and zeros, to their places in memory for the range, or for one piece of it after the other; the
    /// rest is for the caller to fetch.
    /// False when the range has been changed since it was begun, and has to be begun anew. A sealed version's bytes that
    /// were brought are right whatever is changed afterwards.
    public func fill(
        _ memory: UnsafeMutableRawBufferPointer, with sent: SentRange, in wanted: Range<Int>? = nil
    ) throws(SystemError) -> Bool {
        let wanted = wanted ?? sent.range
        return try with { contents throws(SystemError) in
            guard let sending = contents.sendings[sent.number], sending.isOfUse else { return false }
            for piece in sent.pieces where piece.range.overlaps(wanted) {
                let range = piece.range.clamped(to: wanted)
                let start = wanted.lowerBound
                let target = UnsafeMutableRawBufferPointer(
                    rebasing: memory[range.lowerBound - start..<range.upperBound - start])
                switch piece.origin {
                case .base: continue
                // It is right in the store, or nowhere.
                case .sent: throw .ioError
                case .zeros: memset(target.baseAddress!, 0, target.count)
                case .here: try Self.read(data.file, into: target, at: range.lowerBound)
                case .aside:
                    guard let aside = contents.aside else { throw .ioError }
                    try Self.read(aside.file, into: target, at: range.lowerBound)
                }
            }
            if wanted.upperBound == sent.range.upperBound { contents.sendings[sent.number]?.isInMemory = true }
            return true
        }
    }

    /// Whether what is being sent is still of use.
    public func isRight(_ sent: SentRange) -> Bool {
        contents.withLock { $0.sendings[sent.number]?.isOfUse ?? false }
    }

    /// The range was sent as a part, or not. True when the part is right and was noted.
    @discardableResult
    public func endSending(_ sent: SentRange, as part: StagedPart?) throws(SystemError) -> Bool {
        try with { contents throws(SystemError) in
            guard let sending = contents.sendings.removeValue(forKey: sent.number), let part else { return false }
            guard contents.state.sealed == nil ? sending.isAsNow : sending.isAsSealed else { return false }
            try contents.append(.sent(part))
            return true
        }
    }

    /// What is missing at the end of the staged file is a hole.
    static func read(
        _ file: borrowing OwnedDescriptor, into memory: UnsafeMutableRawBufferPointer, at offset: Int
    ) throws(SystemError) {
        let count = try file.read(into: memory, at: offset)
        if count < memory.count { memset(memory.baseAddress! + count, 0, memory.count - count) }
    }
}

extension SealedVersion.Piece {
    init(_ piece: StagedImage.Piece) {
        let origin: SealedVersion.Origin =
            switch piece.origin {
            case .here: .here
            case .base: .base
            case .zeros: .zeros
            case .sent: .sent
            }
        self.init(range: piece.range, origin: origin)
    }
}

/// Bytes on their way to the store.
struct Sending {
    let range: Range<Int>
    /// They are what the sealed version has there.
    var isAsSealed: Bool
    /// They are what the file has there now.
    var isAsNow: Bool
    /// They are read from memory, and no change of the file changes them.
    var isInMemory = false

    var isOfUse: Bool { isAsSealed || isAsNow }

    mutating func wasChanged() {
        isAsNow = false
        if !isInMemory { isAsSealed = false }
    }

    mutating func wasSealed() { isAsSealed = isAsNow }
}
