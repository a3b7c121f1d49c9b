/// An amount of bytes as people write it: `10GiB`, `10G` and `10g` count in 1024s, `500MB` in 1000s, plain digits in
/// bytes.
public struct ByteSize: Sendable, Hashable, Comparable, CustomStringConvertible {
    public var bytes: Int

    public static let acceptedForms = "10GiB, 512M, 500MB or plain bytes"

    public init(bytes: Int) {
        self.bytes = bytes
    }

    /// Nothing for text of another form, and for more bytes than an `Int` counts.
    public init?(_ text: String) {
        let digits = text.utf8.prefix { UInt8(ascii: "0")...UInt8(ascii: "9") ~= $0 }
        guard let count = Int(Substring(digits)) else { return nil }
        guard let factor = Self.factor(ofSuffix: text.utf8.dropFirst(digits.count)) else { return nil }
        let (product, overflow) = count.multipliedReportingOverflow(by: factor)
        guard !overflow else { return nil }
        bytes = product
    }

    /// The shortest form that says exactly this amount; reading it back gives the same bytes.
    public var description: String {
        var best = (count: bytes, unit: "")
        for (power, letter) in Self.letters.enumerated() {
            for (base, ending) in [(1024, "iB"), (1000, "B")] {
                let factor = Self.power(base, power + 1)
                let (count, rest) = bytes.quotientAndRemainder(dividingBy: factor)
                if count > 0, rest == 0, count < best.count { best = (count, letter + ending) }
            }
        }
        return String(best.count) + best.unit
    }

    public static func < (left: ByteSize, right: ByteSize) -> Bool { left.bytes < right.bytes }

    private static let letters = ["K", "M", "G", "T", "P"]

    private static func factor(ofSuffix suffix: Substring.UTF8View) -> Int? {
        guard !suffix.isEmpty else { return 1 }
        let suffix = String(Substring(suffix)).uppercased()
        for (power, letter) in letters.enumerated() where suffix.hasPrefix(letter) {
            switch suffix.dropFirst() {
            case "", "IB": return Self.power(1024, power + 1)
            case "B": return Self.power(1000, power + 1)
            default: return nil
            }
        }
        return nil
    }

    private static func power(_ base: Int, _ exponent: Int) -> Int {
        (0..<exponent).reduce(1) { product, _ in product * base }
    }
}
