/// Dates as HTTP headers have them (RFC 9110, 5.6.7): the form of today and the two that are obsolete.
public enum HTTPDate {
    /// Seconds since 1970; nothing for other text. The name of the day is not checked. `now` is for years of two digits:
    /// they mean the year nearest to it that is less than 50 years ahead.
    public static func seconds(_ text: String, now: Int = Timestamp.secondsNow) -> Int? {
        if let seconds = secondsOfUsualForm(text) { return seconds }
        // Sun, 06 Nov 1994 08:49:37 GMT
        // Sunday, 06-Nov-94 08:49:37 GMT
        // Sun Nov  6 08:49:37 1994
        let words = text.utf8.split { $0 == UInt8(ascii: " ") || $0 == UInt8(ascii: ",") || $0 == UInt8(ascii: "-") }
            .map { Substring($0) }
        if words.count == 6, words[5] == "GMT" {
            return seconds(year: words[3], month: words[2], day: words[1], clock: words[4], now: now)
        }
        guard words.count == 5 else { return nil }
        return seconds(year: words[4], month: words[1], day: words[2], clock: words[3], now: now)
    }

    /// Of the first form, which is what servers write, with every answer.
    private static func secondsOfUsualForm(_ text: String) -> Int? {
        var text = text
        return text.withUTF8 { text -> Int? in
            guard text.count == 29, text[3] == UInt8(ascii: ","), text[4] == UInt8(ascii: " "),
                text[7] == UInt8(ascii: " "), text[11] == UInt8(ascii: " "), text[16] == UInt8(ascii: " "),
                text[19] == UInt8(ascii: ":"), text[22] == UInt8(ascii: ":"), text[25...].elementsEqual(" GMT".utf8),
                let day = number(text[5..<7]), let year = number(text[12..<16]), let hour = number(text[17..<19]),
                let minute = number(text[20..<22]), let second = number(text[23..<25]), second < 60,
                let month = months.firstIndex(where: { text[8..<11].elementsEqual($0.utf8) })
            else { return nil }
            return CivilTime(year: year, month: month + 1, day: day, hour: hour, minute: minute, second: second)?
                .secondsSince1970
        }
    }

    /// Of digits alone.
    private static func number(_ digits: Slice<UnsafeBufferPointer<UInt8>>) -> Int? {
        var number = 0
        for digit in digits {
            guard (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(digit) else { return nil }
            number = number * 10 + Int(digit - UInt8(ascii: "0"))
        }
        return number
    }

    static let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]

    private static func seconds(
        year: Substring, month: Substring, day: Substring, clock: Substring, now: Int
    ) -> Int? {
        let parts = clock.split(separator: ":", omittingEmptySubsequences: false)
        guard parts.count == 3, let month = months.firstIndex(where: { $0 == month }), let day = number(day, 1...2),
            let hour = number(parts[0], 2...2), let minute = number(parts[1], 2...2),
            let second = number(parts[2], 2...2), var fullYear = number(year, 2...4), year.utf8.count != 3
        else { return nil }
        if year.utf8.count == 2 {
            let thisYear = CivilTime(secondsSince1970: now).year
            fullYear += (thisYear + 50) / 100 * 100
            if fullYear > thisYear + 50 { fullYear -= 100 }
        }
        // A leap second has the number 60; to us it is the second after.
        let time = CivilTime(
            year: fullYear, month: month + 1, day: day, hour: hour, minute: minute, second: min(second, 59))
        return second > 60 ? nil : time.map { $0.secondsSince1970 + (second == 60 ? 1 : 0) }
    }

    private static func number(_ text: Substring, _ lengths: ClosedRange<Int>) -> Int? {
        guard lengths ~= text.utf8.count, text.utf8.allSatisfy({ UInt8(ascii: "0")...UInt8(ascii: "9") ~= $0 }) else {
            return nil
        }
        return Int(text)
    }
}
