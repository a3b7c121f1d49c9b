import JSON
import ObjectStore

/// Where the parts of an object begin and end that is sent while it is still being written, so that nobody knows how large
/// it will be: parts become larger as the file does, and a thousand of a size fit any limit of a store.
///
/// It depends on the store alone: a part that was sent early is the one that is wanted in the end.
struct PartLayout: Sendable, Equatable {
    private static let usualSize = 8 << 20
    private static let partsOfASize = 1000

    /// Of the first parts.
    let smallest: Int
    /// The largest object that is sent in one piece.
    let wholeUpTo: Int
    /// Where all have to have one size.
    private let equal: Int?

    init(_ can: StoreCapabilities, _ settings: UploadSettings = UploadSettings()) {
        func allowed(_ size: Int) -> Int { min(max(size, can.minimumPartSize), can.maximumPartSize) }
        smallest = allowed(settings.partSize ?? Self.usualSize)
        equal = can.hasEqualParts ? allowed(max(settings.partSize ?? 0, settings.leastEqualPart)) : nil
        wholeUpTo = settings.isAlwaysWhole ? .max : min(settings.wholeUpTo ?? smallest, can.maximumPut)
    }

    // MARK: Of an object that was begun

    /// Its parts are as large as they were to be then, whatever people say now.
    init(words: JSONValue, or usual: PartLayout, wholeUpTo: Int) {
        if case .integer(let size)? = words["part_size"] {
            smallest = size
            if case .integer(let size)? = words["equal_parts"] { equal = size } else { equal = nil }
        } else {
            (smallest, equal) = (usual.smallest, usual.equal)
        }
        self.wholeUpTo = wholeUpTo
    }

    /// Beside others of the object in parts.
    func added(to words: JSONValue) -> JSONValue {
        guard case .object(var members) = words else { return words }
        members.append(.init("part_size", .integer(smallest)))
        if let equal { members.append(.init("equal_parts", .integer(equal))) }
        return .object(members)
    }

    // MARK: Parts

    /// Of the part with this number, from 1 on, in a file that is large enough.
    func range(of number: Int) -> Range<Int> {
        let index = number - 1
        if let equal { return index * equal..<number * equal }
        let (steps, rest) = index.quotientAndRemainder(dividingBy: Self.partsOfASize)
        let size = smallest << steps
        // Those before are as many of each smaller size.
        let start = Self.partsOfASize * (size - smallest) + rest * size
        return start..<start + size
    }

    /// A file that is larger than this is sent in parts, of which the one with this number is not the last.
    func endBeyond(_ number: Int) -> Int { max(range(of: number).upperBound, wholeUpTo) }

    /// All parts of a file of this size.
    func parts(of size: Int) -> [PlannedPart] {
        var parts: [PlannedPart] = []
        while true {
            let range = range(of: parts.count + 1)
            guard range.lowerBound < size else { return parts }
            parts.append(PlannedPart(number: parts.count + 1, range: range.clamped(to: 0..<size), isCopied: false))
        }
    }
}

struct PlannedPart: Sendable, Equatable {
    var number: Int
    var range: Range<Int>
    /// By the store, from the object that the file was.
    var isCopied: Bool
}
