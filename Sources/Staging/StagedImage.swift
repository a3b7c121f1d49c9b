/// What a file that is being written consists of: which of its bytes were written here, and that the others are those of
/// the object that it was, or zeros.
public struct StagedImage: Sendable, Equatable {
    public enum Origin: Sendable, Equatable {
        /// In the staged file, at the same place.
        case here
        /// In the object, at the same place.
        case base
        case zeros
        /// Was written here, is in the store as a part of what the file becomes, and not on the disk any more.
        case sent
    }

    public struct Piece: Sendable, Equatable {
        public let range: Range<Int>
        public let origin: Origin
    }

    public private(set) var size: Int
    public private(set) var here: ByteRanges
    /// Of these only the store has the bytes.
    public private(set) var sent: ByteRanges
    /// Of the object these first bytes still count. What was cut off never comes back, also when the file grows again.
    public private(set) var baseEnd: Int

    public init(size: Int = 0, here: ByteRanges = ByteRanges(), sent: ByteRanges = ByteRanges(), baseEnd: Int = 0) {
        self.size = size
        self.here = here
        self.sent = sent
        self.baseEnd = baseEnd
    }

    /// An object as it is.
    public init(ofObjectWithSize size: Int) {
        self.init(size: size, baseEnd: size)
    }

    /// How many bytes it takes on the disk.
    public var occupied: Int { here.count - sent.count }

    /// How many of its bytes are those of the object.
    public var ofBase: Int { min(size, baseEnd) - here.within(0..<min(size, baseEnd)).count }

    public mutating func write(_ range: Range<Int>) {
        here.insert(range)
        sent.remove(range)
        if !range.isEmpty { size = max(size, range.upperBound) }
    }

    public mutating func resize(to newSize: Int) {
        if newSize < size {
            here.cut(at: newSize)
            sent.cut(at: newSize)
            baseEnd = min(baseEnd, newSize)
        }
        size = newSize
    }

    /// What a range that lies in the file consists of, in order.
    public func pieces(in range: Range<Int>) -> [Piece] {
        var pieces: [Piece] = []
        var at = range.lowerBound
        func addElsewhere(upTo end: Int) {
            let middle = max(at, min(end, baseEnd))
            if at < middle { pieces.append(Piece(range: at..<middle, origin: .base)) }
            if middle < end { pieces.append(Piece(range: middle..<end, origin: .zeros)) }
            at = max(at, end)
        }
        for local in here.within(range).ranges {
            addElsewhere(upTo: local.lowerBound)
            for gap in sent.gaps(in: local).ranges { pieces.append(Piece(range: gap, origin: .here)) }
            for gone in sent.within(local).ranges { pieces.append(Piece(range: gone, origin: .sent)) }
            at = local.upperBound
        }
        addElsewhere(upTo: range.upperBound)
        return sent.isEmpty ? pieces : pieces.sorted { $0.range.lowerBound < $1.range.lowerBound }
    }

    /// What was sent to the store leaves the disk.
    mutating func letGo(_ range: Range<Int>) { sent.insert(range) }

    /// What only the store had as parts is in the object now that was made of them; everything before the last of it is there, too.
    mutating func settleSent() {
        here = here.subtracting(sent)
        baseEnd = max(baseEnd, sent.end)
        sent = ByteRanges()
    }

    /// The bytes are an object's now, which was made of an earlier state of this file; since then `changed` was written
    /// and the file was not smaller than `lowestSize`.
    mutating func settle(changed: ByteRanges, lowestSize: Int) {
        here = here.intersection(changed)
        sent = sent.intersection(here)
        baseEnd = lowestSize
    }
}
