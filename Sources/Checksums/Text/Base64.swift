/// Base64 of RFC 4648.
public enum Base64 {
    public enum Alphabet: Sendable {
        /// With `+` and `/`, padded.
        case standard
        /// With `-` and `_`, not padded: that of JSON web tokens.
        case url
    }

    public static func text(of bytes: [UInt8], _ alphabet: Alphabet = .standard) -> String {
        let digits = alphabet.digits
        var text: [UInt8] = []
        text.reserveCapacity((bytes.count + 2) / 3 * 4)
        for start in stride(from: 0, to: bytes.count, by: 3) {
            let count = min(3, bytes.count - start)
            var group = UInt32(0)
            for index in 0..<count { group |= UInt32(bytes[start + index]) << (16 - 8 * index) }
            for index in 0...count { text.append(digits[Int(group >> (18 - 6 * index) & 63)]) }
            if alphabet == .standard { text += repeatElement(padding, count: 3 - count) }
        }
        return String(decoding: text, as: UTF8.self)
    }

    /// Nothing for text that the same alphabet's encoder does not write: no spaces, no bits beyond the last byte. The
    /// standard alphabet has to be padded, the other one may be.
    public static func bytes(of text: String, _ alphabet: Alphabet = .standard) -> [UInt8]? {
        var digits = text.utf8[...]
        let isPadded = digits.count % 4 == 0
        guard isPadded || alphabet == .url else { return nil }
        if isPadded && digits.last == padding {
            digits.removeLast()
            if digits.last == padding { digits.removeLast() }
        }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(digits.count * 3 / 4)
        var bits = UInt32(0)
        var count = 0
        for digit in digits {
            let value = alphabet.values[Int(digit)]
            guard value < 64 else { return nil }
            bits = bits << 6 | UInt32(value)
            count += 6
            guard count >= 8 else { continue }
            count -= 8
            bytes.append(UInt8(truncatingIfNeeded: bits >> count))
        }
        // A lone digit holds no byte; what is left of a last one has to be zero.
        guard count < 6, bits & (1 << count - 1) == 0 else { return nil }
        return bytes
    }

    private static let padding = UInt8(ascii: "=")
}

extension Base64.Alphabet {
    fileprivate var digits: [UInt8] { self == .standard ? Self.standardDigits : Self.urlDigits }

    /// By digit; 255 for what is none.
    fileprivate var values: [UInt8] { self == .standard ? Self.standardValues : Self.urlValues }

    private static let common = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789".utf8)
    private static let standardDigits = common + Array("+/".utf8)
    private static let urlDigits = common + Array("-_".utf8)
    private static let standardValues = values(of: standardDigits)
    private static let urlValues = values(of: urlDigits)

    private static func values(of digits: [UInt8]) -> [UInt8] {
        var values = [UInt8](repeating: 255, count: 256)
        for (value, digit) in digits.enumerated() { values[Int(digit)] = UInt8(value) }
        return values
    }
}
