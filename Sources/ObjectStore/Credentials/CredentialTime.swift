import Platform

/// The times in credentials, which programs of many authors write in more ways than stores write theirs.
enum CredentialTime {
    /// Seconds since 1970 of `2026-11-20T23:32:00Z`, also with fractions, with `UTC` for `Z`, and with an offset.
    static func seconds(of text: String) -> Int? {
        let bytes = Array(text.utf8)
        func number(_ range: Range<Int>) -> Int? {
            range.reduce(0) { (number: Int?, index) in
                guard let number, bytes.indices.contains(index),
                    (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(bytes[index])
                else { return nil }
                return number * 10 + Int(bytes[index] - UInt8(ascii: "0"))
            }
        }
        guard bytes.count >= 20, bytes[4] == UInt8(ascii: "-"), bytes[7] == UInt8(ascii: "-"),
            [UInt8(ascii: "T"), UInt8(ascii: "t"), UInt8(ascii: " ")].contains(bytes[10]),
            bytes[13] == UInt8(ascii: ":"), bytes[16] == UInt8(ascii: ":"),
            let year = number(0..<4), let month = number(5..<7), let day = number(8..<10),
            let hour = number(11..<13), let minute = number(14..<16), let second = number(17..<19),
            let time = CivilTime(year: year, month: month, day: day, hour: hour, minute: minute, second: second)
        else { return nil }
        var end = 19
        if bytes[end] == UInt8(ascii: ".") {
            end += 1
            while end < bytes.count, number(end..<end + 1) != nil { end += 1 }
        }
        switch String(decoding: bytes[end...], as: UTF8.self) {
        case "Z", "z", "UTC": return time.secondsSince1970
        case let zone:
            guard let sign = zone.first, sign == "+" || sign == "-",
                let hours = number(end + 1..<end + 3),
                let minutes = number(bytes.count - 2..<bytes.count),
                zone.count == 5 || zone.count == 6 && bytes[end + 3] == UInt8(ascii: ":")
            else { return nil }
            return time.secondsSince1970 + (sign == "+" ? -1 : 1) * (hours * 3600 + minutes * 60)
        }
    }
}
