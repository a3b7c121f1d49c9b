import Glibc

/// A moment as documents write it: RFC 3339, UTC, milliseconds.
public struct Timestamp: Sendable {
    private let seconds: Int
    private let milliseconds: Int

    public static func now() -> Timestamp {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return Timestamp(seconds: time.tv_sec, milliseconds: time.tv_nsec / 1_000_000)
    }

    /// Seconds since 1970, which is how credentials and signatures count.
    public static var secondsNow: Int { time(nil) }

    public init(seconds: Int, milliseconds: Int) {
        self.seconds = seconds
        self.milliseconds = milliseconds
    }

    /// `2026-11-20T23:32:00.123Z`
    public var text: String {
        var clock = time_t(seconds)
        var utc = tm()
        gmtime_r(&clock, &utc)
        func padded(_ number: some BinaryInteger, _ width: Int) -> String {
            let digits = String(number)
            return String(repeating: "0", count: max(0, width - digits.count)) + digits
        }
        let date = "\(padded(utc.tm_year + 1900, 4))-\(padded(utc.tm_mon + 1, 2))-\(padded(utc.tm_mday, 2))"
        let time = "\(padded(utc.tm_hour, 2)):\(padded(utc.tm_min, 2)):\(padded(utc.tm_sec, 2))"
        return "\(date)T\(time).\(padded(milliseconds, 3))Z"
    }
}
