import Platform

/// A moment as signatures write it.
struct SigningTime {
    /// `20261120T233200Z`
    let stamp: String
    /// `20261120`
    let date: String

    init(_ seconds: Int) {
        let time = CivilTime(secondsSince1970: seconds)
        var text: [UInt8] = []
        func append(_ number: Int, _ width: Int) {
            // No clock shows a year of another length than four.
            let digits = String(max(0, number)).utf8
            text += repeatElement(UInt8(ascii: "0"), count: max(0, width - digits.count))
            text += digits
        }
        append(time.year, 4)
        append(time.month, 2)
        append(time.day, 2)
        date = String(decoding: text, as: UTF8.self)
        text.append(UInt8(ascii: "T"))
        append(time.hour, 2)
        append(time.minute, 2)
        append(time.second, 2)
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
