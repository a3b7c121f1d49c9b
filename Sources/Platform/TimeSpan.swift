/// A length of time as people write it: `30s`, `10m`, `12h`, `7d`, also `250ms` and compounds such as `1h30m`.
public struct TimeSpan: Sendable, Hashable, Comparable, CustomStringConvertible {
    public var milliseconds: Int

    public static let acceptedForms = "30s, 10m, 12h, 7d, 250ms or 1h30m"

    public init(milliseconds: Int) {
        self.milliseconds = milliseconds
    }

    /// Nothing for text of another form, and for more than an `Int` of milliseconds. A number without unit is nothing
    /// either, since it could mean seconds as well as minutes; only zero is zero in every unit.
    public init?(_ text: String) {
        milliseconds = 0
        if text == "0" { return }
        var rest = Substring(text)
        var larger = Self.units[...]
        repeat {
            let digits = rest.utf8.prefix { UInt8(ascii: "0")...UInt8(ascii: "9") ~= $0 }
            rest = rest[digits.endIndex...]
            let letters = rest.prefix { $0.isLetter }
            rest = rest[letters.endIndex...]
            // From the largest unit to the smallest, each at most once, so that `5m5m` is seen to be a slip.
            guard let count = Int(Substring(digits)),
                let unit = larger.firstIndex(where: { $0.name == letters })
            else { return nil }
            let (product, tooLarge) = count.multipliedReportingOverflow(by: larger[unit].milliseconds)
            let (sum, overflow) = milliseconds.addingReportingOverflow(product)
            guard !tooLarge, !overflow else { return nil }
            milliseconds = sum
            larger = larger[(unit + 1)...]
        } while !rest.isEmpty
    }

    /// The units from the largest to the smallest; reading it back gives the same span.
    public var description: String {
        var rest = milliseconds
        var text = ""
        for unit in Self.units where rest >= unit.milliseconds {
            text += String(rest / unit.milliseconds) + unit.name
            rest %= unit.milliseconds
        }
        return text.isEmpty ? "0s" : text
    }

    public static func < (left: TimeSpan, right: TimeSpan) -> Bool { left.milliseconds < right.milliseconds }

    private static let units: [(name: String, milliseconds: Int)] = [
        ("d", 86_400_000), ("h", 3_600_000), ("m", 60_000), ("s", 1000), ("ms", 1),
    ]
}
