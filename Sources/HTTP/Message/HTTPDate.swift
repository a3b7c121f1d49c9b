/// Moments as headers such as `Date`, `Last-Modified` and `Retry-After` write them.
public enum HTTPDate {
    /// Seconds since 1970 of `Sun, 06 Nov 1994 08:49:37 GMT` and of the two older forms that readers must know
    /// (RFC 9110, 5.6.7).
    public static func seconds(of text: String) -> Int? {
        if let seconds = secondsOfUsualForm(text) { return seconds }
        let words = text.split { $0 == " " || $0 == "," || $0 == "-" }
        if words.count == 5, let year = Int(words[4]) {
            // Sun Nov  6 08:49:37 1994
            return seconds(year: year, month: words[1], day: words[2], time: words[3])
        }
        guard words.count == 6, words[5] == "GMT", var year = Int(words[3]) else { return nil }
        if words[3].count == 2 { year += year < 70 ? 2000 : 1900 }
        return seconds(year: year, month: words[2], day: words[1], time: words[4])
    }

    /// Of the first form, which is what servers write, with every answer.
    private static func secondsOfUsualForm(_ text: String) -> Int? {
        var text = text
        return text.withUTF8 { text -> Int? in
            guard text.count == 29, text[3] == UInt8(ascii: ","), text[4] == UInt8(ascii: " "),
                text[7] == UInt8(ascii: " "), text[11] == UInt8(ascii: " "), text[16] == UInt8(ascii: " "),
                text[19] == UInt8(ascii: ":"), text[22] == UInt8(ascii: ":"), text[25...].elementsEqual(" GMT".utf8),
                let day = number(text[5..<7]), let year = number(text[12..<16]), let hour = number(text[17..<19]),
                let minute = number(text[20..<22]), let second = number(text[23..<25]),
                let month = months.firstIndex(where: { text[8..<11].elementsEqual($0.utf8) }),
                (1...31).contains(day), year >= 1970, hour < 24, minute < 60, second <= 60
            else { return nil }
            return days(year, month + 1, day) * 86_400 + hour * 3600 + minute * 60 + second
        }
    }

    /// Of digits alone.
    private static func number(_ digits: Slice<UnsafeBufferPointer<UInt8>>) -> Int? {
        var number = 0
        for digit in digits {
            guard HTTPAddress.isDigit(digit) else { return nil }
            number = number * 10 + Int(digit - UInt8(ascii: "0"))
        }
        return number
    }

    private static let months = [
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ]

    private static func seconds(year: Int, month: Substring, day: Substring, time: Substring) -> Int? {
        let clock = time.split(separator: ":", omittingEmptySubsequences: false).map { Int($0) ?? -1 }
        guard let month = months.firstIndex(where: { $0 == month }), let day = Int(day), (1...31).contains(day),
            (1970...9999).contains(year), clock.count == 3, (0..<24).contains(clock[0]),
            (0..<60).contains(clock[1]), (0...60).contains(clock[2])
        else { return nil }
        return days(year, month + 1, day) * 86_400 + clock[0] * 3600 + clock[1] * 60 + clock[2]
    }

    /// Days since 1970. The year begins in March here, so that a leap day comes last.
    private static func days(_ year: Int, _ month: Int, _ day: Int) -> Int {
        let shifted = month > 2 ? year : year - 1
        let monthFromMarch = (month + 9) % 12
        return shifted * 365 + shifted / 4 - shifted / 100 + shifted / 400 + (monthFromMarch * 153 + 2) / 5 + day
            - 1 - 719_468
    }
}
