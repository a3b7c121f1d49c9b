public import JSON

/// All that is known of a staged file. It follows from the records alone, so that whoever comes after a crash knows the
/// same as who died.
public struct StagedState: Sendable, Equatable {
    /// As programs see it now.
    public private(set) var image: StagedImage
    /// The object whose bytes are in the image, in the words of whoever knows about buckets; nothing: there is none.
    public private(set) var base: JSONValue?
    /// Where it is to go; nothing: it has no name any more.
    public private(set) var name: JSONValue?
    /// Attributes and the like.
    public private(set) var description: JSONValue
    /// Who has it open, in the words of the file system; nothing: nobody has said so.
    public private(set) var holders: JSONValue?
    /// The object in parts that it is becoming. These parts are right for the image.
    public private(set) var upload: StagedUpload?
    public private(set) var sealed: SealedVersion?
    /// Versions that may be in the bucket, of which nobody has heard that they are: the last few.
    public private(set) var attempts: [StagedAttempt] = []
    /// Something was written that no sealed version has.
    public private(set) var isTorn: Bool
    /// How many versions were sealed.
    public private(set) var seals = 0

    public init(
        _ image: StagedImage, base: JSONValue?, name: JSONValue?, description: JSONValue, holders: JSONValue? = nil,
        isTorn: Bool
    ) {
        self.image = image
        self.base = base
        self.name = name
        self.description = description
        self.holders = holders
        self.isTorn = isTorn
    }

    /// For whoever reads it from a record.
    init(
        _ image: StagedImage, base: JSONValue?, name: JSONValue?, description: JSONValue, holders: JSONValue?,
        upload: StagedUpload?, sealed: SealedVersion?, attempts: [StagedAttempt], isTorn: Bool, seals: Int
    ) {
        self.init(image, base: base, name: name, description: description, holders: holders, isTorn: isTorn)
        self.upload = upload
        self.sealed = sealed
        self.attempts = attempts
        self.seals = seals
    }

    public mutating func apply(_ record: StagingRecord) {
        switch record {
        case .began(let state): self = state
        case .wrote(let range):
            spoil(range)
            sealed?.noteChange(range)
            image.write(range)
        case .resized(let size):
            if size < image.size { spoil(size..<image.size) }
            image.resize(to: size)
            sealed?.noteSize(size)
            isTorn = true
        case .putAside(let range): sealed?.noteAside(range)
        case .sealed:
            seals += 1
            sealed = SealedVersion(seals, image, parts: upload?.parts ?? [:])
            isTorn = false
        case .named(let name): self.name = name
        case .described(let description): self.description = description
        case .held(let holders): self.holders = holders
        case .uploadBegan(let description):
            upload = StagedUpload(description)
            sealed?.parts = [:]
        case .sent(let part):
            guard upload != nil else { return }
            sealed?.parts[part.number] = part
            upload?.parts[part.number] = sealed?.isUnchanged(part.range) ?? true ? part : nil
        case .sending(let number):
            sealed?.parts[number] = nil
            upload?.parts[number] = nil
        case .uploadEnded:
            upload = nil
            sealed?.parts = [:]
        case .attempted(let attempt):
            if attempts.count == Self.mostAttempts { attempts.removeFirst() }
            attempts.append(attempt)
        case .settled(let number, let base): settle(number, on: base)
        case .rebased(let base): rebase(on: base)
        case .moved(let name, let base):
            self.name = name
            rebase(on: base)
        case .letGo(let range): image.letGo(range)
        }
    }

    private static let mostAttempts = 8

    func hasPart(_ number: Int) -> Bool { upload?.parts[number] != nil || sealed?.parts[number] != nil }

    /// Parts of the image that was are none of the image that is.
    private mutating func spoil(_ range: Range<Int>) {
        guard !range.isEmpty else { return }
        isTorn = true
        guard let parts = upload?.parts, !parts.isEmpty else { return }
        upload?.parts = parts.filter { !$0.value.range.overlaps(range) }
    }

    private mutating func rebase(on base: JSONValue) {
        self.base = base
        attempts = []
    }

    /// What was changed since stays; all else is the new object's now. A version that took this one's place has the same
    /// bytes of the object as this one had.
    private mutating func settle(_ number: Int, on base: JSONValue) {
        guard let sealed, number <= sealed.number else { return }
        self.base = base
        upload = nil
        attempts = []
        if number == sealed.number {
            image.settle(changed: sealed.changed, lowestSize: sealed.lowestSize)
            self.sealed = nil
        } else {
            self.sealed?.parts = [:]
            image.settleSent()
            self.sealed?.image.settleSent()
        }
    }
}

/// A version of a staged file that is whole and not in the bucket yet. The file may be written to while it waits: what it
/// has in places that are written over is put aside before.
public struct SealedVersion: Sendable, Equatable {
    /// Later ones have higher numbers.
    public let number: Int
    public internal(set) var image: StagedImage
    /// The upload's parts that are right for it.
    public internal(set) var parts: [Int: StagedPart]
    /// Written since.
    private(set) var changed: ByteRanges
    /// What it has in these places was put aside.
    private(set) var aside: ByteRanges
    /// Of the file since.
    private(set) var lowestSize: Int

    init(
        _ number: Int, _ image: StagedImage, parts: [Int: StagedPart], changed: ByteRanges = .init(),
        aside: ByteRanges = .init(), lowestSize: Int? = nil
    ) {
        self.number = number
        self.image = image
        self.parts = parts
        self.changed = changed
        self.aside = aside
        self.lowestSize = lowestSize ?? image.size
    }

    mutating func noteChange(_ range: Range<Int>) { changed.insert(range) }
    mutating func noteAside(_ range: Range<Int>) { aside.insert(range) }
    mutating func noteSize(_ size: Int) { lowestSize = min(lowestSize, size) }

    /// Whether the file still has there what this version has.
    func isUnchanged(_ range: Range<Int>) -> Bool {
        range.upperBound <= lowestSize && !changed.overlaps(range)
    }

    /// What has to be put aside before a range is written over.
    func atRisk(in range: Range<Int>) -> ByteRanges {
        image.here.within(range).subtracting(aside).subtracting(image.sent)
    }

    public enum Origin: Sendable, Equatable {
        /// In the staged file.
        case here
        /// In the file of what was put aside, at the same place.
        case aside
        case base
        case zeros
        /// Only in the store, as a part.
        case sent
    }

    public struct Piece: Sendable, Equatable {
        public let range: Range<Int>
        public let origin: Origin
    }

    public func pieces(in range: Range<Int>) -> [Piece] {
        image.pieces(in: range).flatMap { piece -> [Piece] in
            switch piece.origin {
            case .base: [Piece(range: piece.range, origin: .base)]
            case .zeros: [Piece(range: piece.range, origin: .zeros)]
            case .sent: [Piece(range: piece.range, origin: .sent)]
            case .here:
                (aside.within(piece.range).ranges.map { Piece(range: $0, origin: .aside) }
                    + aside.gaps(in: piece.range).ranges.map { Piece(range: $0, origin: .here) })
                    .sorted { $0.range.lowerBound < $1.range.lowerBound }
            }
        }
    }
}
