/// The blocks of an object that this process has found to be right, or has written itself.
struct CheckedBlocks {
    private let count: Int
    private var words: [UInt64] = []
    private var checked = 0

    private static let perWord = UInt64.bitWidth

    init(of count: Int) {
        self.count = count
    }

    var areAll: Bool { checked == count }

    mutating func insert(_ blocks: Range<Int>) {
        guard !areAll else { return }
        if words.isEmpty { words = [UInt64](repeating: 0, count: (count + Self.perWord - 1) / Self.perWord) }
        var block = blocks.lowerBound
        while block < blocks.upperBound {
            let (word, first) = block.quotientAndRemainder(dividingBy: Self.perWord)
            let bits = min(Self.perWord - first, blocks.upperBound - block)
            let ones: UInt64 = bits == Self.perWord ? .max : 1 << UInt64(bits) - 1
            let mask = ones << UInt64(first)
            checked += (mask & ~words[word]).nonzeroBitCount
            words[word] |= mask
            block += bits
        }
        // Nobody asks again which.
        if areAll { words = [] }
    }

    mutating func insertAll() {
        words = []
        checked = count
    }

    /// One is not right, and nothing of what was found before is believed.
    mutating func removeAll() {
        words = []
        checked = 0
    }
}
