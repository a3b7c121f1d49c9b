/// A moment as calendar and clock show it in UTC. No time zones, no leap seconds, no locks of the C library.
public struct CivilTime: Sendable, Hashable {
    public var year: Int
    /// From 1.
    public var month: Int
    public var day: Int
    public var hour: Int
    public var minute: Int
    public var second: Int

    /// Nothing for a day or a time that does not exist.
    public init?(year: Int, month: Int, day: Int, hour: Int = 0, minute: Int = 0, second: Int = 0) {
        guard 1...12 ~= month, 1...Self.days(in: month, of: year) ~= day else { return nil }
        guard 0..<24 ~= hour, 0..<60 ~= minute, 0..<60 ~= second else { return nil }
        (self.year, self.month, self.day) = (year, month, day)
        (self.hour, self.minute, self.second) = (hour, minute, second)
    }

    public init(secondsSince1970 seconds: Int) {
        let (days, rest) = Self.divided(seconds, by: 86400)
        (hour, minute, second) = (rest / 3600, rest / 60 % 60, rest % 60)
        // Days are counted from 1 March of the year 0: the day that comes every fourth year is then a year's last one,
        // and five months of 153 days repeat.
        let (cycle, dayOfCycle) = Self.divided(days + Self.daysTo1970, by: Self.daysIn400Years)
        let leapDays = dayOfCycle / 1460 - dayOfCycle / 36524 + dayOfCycle / 146_096
        let yearOfCycle = (dayOfCycle - leapDays) / 365
        let dayOfYear = dayOfCycle - Self.days(inYears: yearOfCycle)
        let monthFromMarch = (5 * dayOfYear + 2) / 153
        day = dayOfYear - (153 * monthFromMarch + 2) / 5 + 1
        month = monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9
        year = cycle * 400 + yearOfCycle + (month <= 2 ? 1 : 0)
    }

    public var secondsSince1970: Int {
        let monthFromMarch = (month + 9) % 12
        let (cycle, yearOfCycle) = Self.divided(month <= 2 ? year - 1 : year, by: 400)
        let dayOfYear = (153 * monthFromMarch + 2) / 5 + day - 1
        let days = cycle * Self.daysIn400Years + Self.days(inYears: yearOfCycle) + dayOfYear - Self.daysTo1970
        return days * 86400 + hour * 3600 + minute * 60 + second
    }

    private static let daysIn400Years = 146_097
    private static let daysTo1970 = 719_468

    private static func days(inYears years: Int) -> Int { years * 365 + years / 4 - years / 100 }

    private static func days(in month: Int, of year: Int) -> Int {
        switch month {
        case 2: year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) ? 29 : 28
        case 4, 6, 9, 11: 30
        default: 31
        }
    }

    /// With a rest that is never negative.
    private static func divided(_ number: Int, by divisor: Int) -> (quotient: Int, rest: Int) {
        let (quotient, rest) = number.quotientAndRemainder(dividingBy: divisor)
        return rest < 0 ? (quotient - 1, rest + divisor) : (quotient, rest)
    }
}
