/// Dates as HTTP headers have them (RFC 9110, 5.6.7): the form of today and the two that are obsolete.
public enum HTTPDate {
    /// Seconds since 1970; nothing for other text. The name of the day is not checked. `now` is for years of two digits:
    /// they mean the year nearest to it that is less than 50 years ahead.
    public static func seconds(_ text: String, now: Int = Timestamp.secondsNow) -> Int? {
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

    private static let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]

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
