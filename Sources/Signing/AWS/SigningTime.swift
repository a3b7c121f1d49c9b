import Platform

/// A moment as signatures write it.
struct SigningTime {
    /// `20261120T233200Z`
    let stamp: String
    /// `20261120`
    let date: String

    init(_ seconds: Int) {
        let time = CivilTime(secondsSince1970: seconds)
        // No clock shows a year of another length than four.
        let year = min(max(time.year, 0), 9999)
        var text: [UInt8] = []
        text.reserveCapacity(16)
        func append(_ number: Int) {
            text.append(UInt8(ascii: "0") + UInt8(number / 10))
            text.append(UInt8(ascii: "0") + UInt8(number % 10))
        }
        append(year / 100)
        append(year % 100)
        append(time.month)
        append(time.day)
        date = String(decoding: text, as: UTF8.self)
        text.append(UInt8(ascii: "T"))
        append(time.hour)
        append(time.minute)
        append(time.second)
        text.append(UInt8(ascii: "Z"))
        stamp = String(decoding: text, as: UTF8.self)
    }

    /// The seconds since 1970 of a stamp; nothing for other text.
    static func seconds(_ stamp: String) -> Int? {
        let bytes = Array(stamp.utf8)
        guard bytes.count == 16, bytes[8] == UInt8(ascii: "T"), bytes[15] == UInt8(ascii: "Z") else { return nil }
        func number(_ range: Range<Int>) -> Int {
            bytes[range].reduce(0) { $0 * 10 + Int($1) - 0x30 }
        }
        let digits = bytes[..<8] + bytes[9..<15]
        guard digits.allSatisfy({ UInt8(ascii: "0")...UInt8(ascii: "9") ~= $0 }) else { return nil }
        return CivilTime(
            year: number(0..<4), month: number(4..<6), day: number(6..<8), hour: number(9..<11),
            minute: number(11..<13), second: number(13..<15))?.secondsSince1970
    }
}
