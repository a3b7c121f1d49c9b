import Glibc
import ObjectStore
import Platform

/// How the keys of a page count up, and so where the pages behind it may end: after `img-00000.jpg` … `img-00999.jpg` the
/// next thousand probably ends with `img-01999.jpg`. A guess, on which nothing depends but how many requests there are.
struct KeyProgress {
    /// What comes before and behind the part that counts.
    private let head: ArraySlice<UInt8>
    private let tail: ArraySlice<UInt8>
    private let digits: Digits
    private let width: Int
    /// Where the page ended, and how far it went.
    private let end: Int
    private let step: Int

    /// Nothing where the keys differ in what is no number, or the page is too short to say.
    init?(_ page: [ObjectInfo], below prefix: ObjectKey) {
        guard page.count > 1, let first = page.first?.key.bytes, let last = page.last?.key.bytes else { return nil }
        let same = zip(first, last).prefix { $0 == $1 }.count
        guard let digits = Digits(of: Self.some(of: page).map { $0.key.bytes.dropFirst(same) }) else { return nil }
        // Digits that are the same on all of the page may count further, as the first three of 00999 do.
        let mostBefore = digits.mostPlaces / 2
        let before = last[prefix.bytes.count...].prefix(max(0, same - prefix.bytes.count)).reversed()
            .prefix(mostBefore).prefix { digits.value(of: $0) != nil }
        let start = same - before.count
        let places = [first, last].map { $0[start...].prefix { digits.value(of: $0) != nil }.count }
        width = min(digits.mostPlaces, places.max() ?? 0)
        head = last[..<start]
        tail = places[1] <= width ? last[(start + places[1])...] : []
        self.digits = digits
        end = digits.number(last[start...], width)
        let way = end - digits.number(first[start...], width)
        guard way > 0 else { return nil }
        step = max(1, Int(Double(way) * Double(page.count) / Double(page.count - 1)))
    }

    /// Enough to see what they count in.
    private static func some(of page: [ObjectInfo]) -> [ObjectInfo] {
        stride(from: 0, to: page.count, by: max(1, page.count / 64)).map { page[$0] }
    }

    /// Where pages behind this one may end, up to a key: evenly if that is in reach, else ever farther.
    func ends(until last: ObjectKey?, most: Int) -> [ObjectKey] {
        guard let pages = last.flatMap(pages) else { return Self.distances.prefix(most).compactMap(key) }
        // Of one page and a little nothing is gained.
        let count = min(most + 1, Int((pages - 0.4).rounded(.up)))
        return count < 2 ? [] : (1..<count).compactMap { key(after: pages * Double($0) / Double(count)) }
    }

    /// In pages.
    private static let distances: [Double] = [1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 48, 64, 96, 128, 192]

    /// Where some pages further on may end; nothing behind the last that would count.
    private func key(after pages: Double) -> ObjectKey? {
        let number = Double(end) + pages * Double(step)
        guard number < Double(digits.count(width)) else { return nil }
        return ObjectKey(head + digits.text(Int(number), width) + tail)
    }

    /// How many pages there may be up to a key.
    private func pages(to key: ObjectKey) -> Double? {
        guard key.bytes.starts(with: head) else { return nil }
        return Double(digits.number(key.bytes[head.count...], width) - end) / Double(step)
    }
}

/// What stands for numbers in keys, in the order of its bytes.
private struct Digits {
    private let bytes: [UInt8]

    private static let known = [
        "0123456789", "0123456789abcdef", "0123456789ABCDEF", "abcdefghijklmnopqrstuvwxyz",
        "ABCDEFGHIJKLMNOPQRSTUVWXYZ", "0123456789abcdefghijklmnopqrstuvwxyz",
        "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ", "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz",
    ].map { Array($0.utf8) }

    /// The fewest that these begin with, up to what is neither a digit nor a letter.
    init?(of texts: [ArraySlice<UInt8>]) {
        var seen: Set<UInt8> = []
        for text in texts { seen.formUnion(text.prefix { Self.known.last!.contains($0) }) }
        guard !seen.isEmpty, let bytes = Self.known.first(where: { seen.isSubset(of: $0) }) else { return nil }
        self.bytes = bytes
    }

    func value(of byte: UInt8) -> Int? { bytes.firstIndex(of: byte) }

    /// As many as an `Int` holds.
    var mostPlaces: Int { Int(60 / log2(Double(bytes.count))) }

    func count(_ places: Int) -> Int { (0..<places).reduce(1) { count, _ in count * bytes.count } }

    /// What a text begins with; where it is shorter, its first.
    func number(_ text: ArraySlice<UInt8>, _ places: Int) -> Int {
        var isThrough = false
        var number = 0
        for place in 0..<places {
            let value = isThrough || place >= text.count ? nil : value(of: text[text.startIndex + place])
            isThrough = value == nil
            number = number * bytes.count + (value ?? 0)
        }
        return number
    }

    func text(_ number: Int, _ places: Int) -> [UInt8] {
        var rest = number
        let reversed = (0..<places).map { _ in
            defer { rest /= bytes.count }
            return bytes[rest % bytes.count]
        }
        return reversed.reversed()
    }
}
