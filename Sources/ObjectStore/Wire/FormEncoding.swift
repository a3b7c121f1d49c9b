/// Keys in listings that were asked for with `encoding-type=url` are encoded as forms are: `+` is a space.
enum FormEncoding {
    /// In place; what is no escape stays as it is.
    static func decode(_ bytes: inout [UInt8]) {
        guard bytes.contains(where: { $0 == UInt8(ascii: "%") || $0 == UInt8(ascii: "+") }) else { return }
        var target = 0
        var source = 0
        while source < bytes.count {
            var byte = bytes[source]
            if byte == UInt8(ascii: "+") {
                byte = UInt8(ascii: " ")
            } else if byte == UInt8(ascii: "%"), source + 2 < bytes.count,
                let high = value(bytes[source + 1]), let low = value(bytes[source + 2])
            {
                byte = high << 4 | low
                source += 2
            }
            bytes[target] = byte
            target += 1
            source += 1
        }
        bytes.removeSubrange(target...)
    }

    private static func value(_ digit: UInt8) -> UInt8? {
        switch digit {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): digit - UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): digit - UInt8(ascii: "a") + 10
        case UInt8(ascii: "A")...UInt8(ascii: "F"): digit - UInt8(ascii: "A") + 10
        default: nil
        }
    }
}
