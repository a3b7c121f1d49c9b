import Platform
import Testing

struct HTTPDateTests {
    private static let in2026 = 1_795_000_000

    @Test(arguments: [
        "Sun, 06 Nov 1994 08:49:37 GMT", "Sunday, 06-Nov-94 08:49:37 GMT", "Sun Nov  6 08:49:37 1994",
    ])
    func theThreeForms(_ text: String) {
        #expect(HTTPDate.seconds(text, now: Self.in2026) == 784_111_777)
    }

    @Test(arguments: [
        (784_111_777, "Sun, 06 Nov 1994 08:49:37 GMT"), (0, "Thu, 01 Jan 1970 00:00:00 GMT"),
        (-1, "Wed, 31 Dec 1969 23:59:59 GMT"), (1_709_208_000, "Thu, 29 Feb 2024 12:00:00 GMT"),
    ])
    func asItIsWritten(_ seconds: Int, _ text: String) {
        #expect(HTTPDate.text(seconds) == text)
        #expect(HTTPDate.seconds(text) == seconds)
    }

    @Test func yearsOfTwoDigits() {
        func year(_ digits: String, now: Int) -> Int? {
            HTTPDate.seconds("Sunday, 01-Jan-\(digits) 00:00:00 GMT", now: now).map {
                CivilTime(secondsSince1970: $0).year
            }
        }
        #expect(year("26", now: Self.in2026) == 2026)
        #expect(year("76", now: Self.in2026) == 2076)
        #expect(year("77", now: Self.in2026) == 1977)
        #expect(year("00", now: Self.in2026) == 2000)
        #expect(year("01", now: 883_612_800) == 2001, "seen from 1998")
        #expect(year("99", now: 883_612_800) == 1999)
    }

    @Test func leapSeconds() {
        let after = HTTPDate.seconds("Sun, 01 Jan 2017 00:00:00 GMT", now: 0)
        #expect(after != nil)
        #expect(HTTPDate.seconds("Sat, 31 Dec 2016 23:59:60 GMT", now: 0) == after)
    }

    @Test(arguments: [
        "", "now", "0", "Sun, 06 Nov 1994 08:49:37", "Sun, 06 Nov 1994 08:49:37 CET", "Sun, 06 Nov 1994 08:49:61 GMT",
        "Sun, 06 Nov 1994 24:00:00 GMT", "Sun, 31 Nov 1994 08:49:37 GMT", "Sun, 06 nov 1994 08:49:37 GMT",
        "Sun, 06 Nov 1994 8:49:37 GMT", "Sun, 06 Nov 199 08:49:37 GMT", "Sun, +6 Nov 1994 08:49:37 GMT",
        "Sun, 06 Nov 1994 08:49 GMT", "06 Nov 1994 08:49:37 GMT", "Sun, 06 Nov 19944 08:49:37 GMT",
    ])
    func others(_ text: String) {
        #expect(HTTPDate.seconds(text, now: Self.in2026) == nil)
    }
}
