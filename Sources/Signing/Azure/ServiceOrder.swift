/// The order in which Azure has the names of headers: that of dictionaries, which do not see hyphens at first, and in which an
/// underscore stands before all digits. Where names have none of both, it is that of their bytes.
enum ServiceOrder {
    /// Of names in lower case.
    static func precedes(_ left: [UInt8], _ right: [UInt8]) -> Bool {
        var (i, j) = (0, 0)
        while true {
            while i < left.count, weights[Int(left[i])] == 0 { i += 1 }
            while j < right.count, weights[Int(right[j])] == 0 { j += 1 }
            guard i < left.count, j < right.count else { break }
            let (weight, other) = (weights[Int(left[i])], weights[Int(right[j])])
            if weight != other { return weight < other }
            i += 1
            j += 1
        }
        if i < left.count || j < right.count { return j < right.count }
        // The same but for hyphens: the later its first one comes, the earlier the name.
        for (byte, other) in zip(left, right) where byte != other { return other == UInt8(ascii: "-") }
        return left.count < right.count
    }

    /// By byte; 0 for what is not seen.
    private static let weights: [UInt8] = {
        var weights = [UInt8](repeating: 0, count: 256)
        for (index, byte) in "!#$%&*.^_`|~+0123456789abcdefghijklmnopqrstuvwxyz".utf8.enumerated() {
            weights[Int(byte)] = UInt8(index + 1)
        }
        return weights
    }()
}
