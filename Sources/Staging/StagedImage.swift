/// What a file that is being written consists of: which of its bytes were written here, and that the others are those of
/// the object that it was, or zeros.
public struct StagedImage: Sendable, Equatable {
    public enum Origin: Sendable, Equatable {
        /// In the staged file, at the same place.
        case here
        /// In the object, at the same place.
        case base
        case zeros
    }

    public struct Piece: Sendable, Equatable {
        public let range: Range<Int>
        public let origin: Origin
    }

    public private(set) var size: Int
    public private(set) var here: ByteRanges
    /// Of the object these first bytes still count. What was cut off never comes back, also when the file grows again.
    public private(set) var baseEnd: Int

    public init(size: Int = 0, here: ByteRanges = ByteRanges(), baseEnd: Int = 0) {
        self.size = size
        self.here = here
        self.baseEnd = baseEnd
    }

    /// An object as it is.
    public init(ofObjectWithSize size: Int) {
        self.init(size: size, baseEnd: size)
    }

    public mutating func write(_ range: Range<Int>) {
        here.insert(range)
        if !range.isEmpty { size = max(size, range.upperBound) }
    }

    public mutating func resize(to newSize: Int) {
        if newSize < size {
            here.cut(at: newSize)
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
            pieces.append(Piece(range: local, origin: .here))
            at = local.upperBound
        }
        addElsewhere(upTo: range.upperBound)
        return pieces
    }

    /// The bytes are an object's now, which was made of an earlier state of this file; since then `changed` was written
    /// and the file was not smaller than `lowestSize`.
    mutating func settle(changed: ByteRanges, lowestSize: Int) {
        here = here.intersection(changed)
        baseEnd = lowestSize
    }
}
