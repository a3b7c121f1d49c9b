extension HTTPDate {
    /// `Sun, 06 Nov 1994 08:49:37 GMT`
    public static func text(_ seconds: Int) -> String {
        let time = CivilTime(secondsSince1970: seconds)
        let days = seconds >= 0 ? seconds / 86400 : (seconds - 86399) / 86400
        // The first of all days was a Thursday.
        let dayOfWeek = ((days + 4) % 7 + 7) % 7
        var text: [UInt8] = []
        text.reserveCapacity(29)
        func append(_ number: Int) {
            text.append(UInt8(ascii: "0") + UInt8(number / 10))
            text.append(UInt8(ascii: "0") + UInt8(number % 10))
        }
        text += daysOfWeek[dayOfWeek].utf8
        text += ", ".utf8
        append(time.day)
        text.append(UInt8(ascii: " "))
        text += months[time.month - 1].utf8
        text.append(UInt8(ascii: " "))
        // No clock shows a year of another length than four.
        let year = min(max(time.year, 0), 9999)
        append(year / 100)
        append(year % 100)
        text.append(UInt8(ascii: " "))
        append(time.hour)
        text.append(UInt8(ascii: ":"))
        append(time.minute)
        text.append(UInt8(ascii: ":"))
        append(time.second)
        text += " GMT".utf8
        return String(decoding: text, as: UTF8.self)
    }

    private static let daysOfWeek = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"]
}
