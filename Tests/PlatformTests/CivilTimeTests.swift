import Glibc
import Platform
import Testing

struct CivilTimeTests {
    /// The C library is the judge, from the year -1000 to the year 10000.
    @Test func asTheCLibrary() {
        let edges = [0, -1, 1, 86399, 86400, 951_782_399, 951_782_400, 951_868_800, 4_107_542_400, -2_208_988_800]
        for seconds in edges + (0..<20_000).map({ _ in Int.random(in: -93_724_000_000...253_402_300_800) }) {
            var clock = time_t(seconds)
            var utc = tm()
            gmtime_r(&clock, &utc)
            let time = CivilTime(secondsSince1970: seconds)
            let expected = CivilTime(
                year: Int(utc.tm_year) + 1900, month: Int(utc.tm_mon) + 1, day: Int(utc.tm_mday),
                hour: Int(utc.tm_hour),
                minute: Int(utc.tm_min), second: Int(utc.tm_sec))
            #expect(time == expected, "\(seconds)")
            #expect(time.secondsSince1970 == seconds)
        }
    }

    @Test(arguments: [
        (2023, 2, 29), (1900, 2, 29), (2024, 2, 30), (2024, 4, 31), (2024, 0, 1), (2024, 13, 1), (2024, 1, 0),
        (2024, 1, 32),
    ])
    func daysThatAreNone(_ year: Int, _ month: Int, _ day: Int) {
        #expect(CivilTime(year: year, month: month, day: day) == nil)
    }
}
