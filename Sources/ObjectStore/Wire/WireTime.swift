public import Platform

/// Times as listings write them.
extension FileTime {
    /// RFC 3339 in UTC, with or without fractions of up to nine digits: `2026-11-20T23:32:00.123Z`.
    public init?(rfc3339 text: UnsafeRawBufferPointer) {
        guard text.count >= 20, text.count <= 30, text[text.count - 1] == UInt8(ascii: "Z"),
            text[4] == UInt8(ascii: "-"), text[10] == UInt8(ascii: "T"), text[13] == UInt8(ascii: ":"),
            let year = Self.number(text[0..<4]), let month = Self.number(text[5..<7]),
            let day = Self.number(text[8..<10]), let hour = Self.number(text[11..<13]),
            let minute = Self.number(text[14..<16]), let second = Self.number(text[17..<19]),
            let time = CivilTime(year: year, month: month, day: day, hour: hour, minute: minute, second: second)
        else { return nil }
        var nanoseconds = 0
        if text.count > 20 {
            guard text[19] == UInt8(ascii: "."), let fraction = Self.number(text[20..<text.count - 1]) else {
                return nil
            }
            nanoseconds = (0..<30 - text.count).reduce(fraction) { number, _ in number * 10 }
        }
        self.init(seconds: time.secondsSince1970, nanoseconds: nanoseconds)
    }

    /// Of digits alone.
    private static func number(_ digits: Slice<UnsafeRawBufferPointer>) -> Int? {
        var number = 0
        for digit in digits {
            guard (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(digit) else { return nil }
            number = number * 10 + Int(digit - UInt8(ascii: "0"))
        }
        return digits.isEmpty ? nil : number
    }
}

extension FileTime {
    public init?(rfc3339 text: String) {
        var text = text
        guard let time = text.withUTF8({ FileTime(rfc3339: UnsafeRawBufferPointer($0)) }) else { return nil }
        self = time
    }
}
