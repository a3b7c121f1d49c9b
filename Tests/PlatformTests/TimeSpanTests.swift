import Platform
import Testing

struct TimeSpanTests {
    @Test(arguments: [
        ("0", 0), ("0s", 0), ("250ms", 250), ("30s", 30_000), ("10m", 600_000), ("12h", 43_200_000),
        ("7d", 604_800_000), ("1h30m", 5_400_000), ("1d1h1m1s1ms", 90_061_001), ("90m", 5_400_000),
        ("1m500ms", 60_500),
    ])
    func reads(text: String, milliseconds: Int) {
        #expect(TimeSpan(text)?.milliseconds == milliseconds)
    }

    @Test(arguments: [
        "", "s", "30", "00", "-30s", "+30s", "1.5h", "30 s", "30S", "5M", "1w", "30m1h", "5m5m", "1h30", "1hm",
        "9223372036854775807s", "99999999999999999999s", "106751991168d", "9223372036854775807ms1ms", "٣s",
    ])
    func refuses(text: String) {
        #expect(TimeSpan(text) == nil)
    }

    @Test(arguments: [
        (0, "0s"), (250, "250ms"), (90_000, "1m30s"), (129_600_000, "1d12h"), (604_800_000, "7d"), (3_600_001, "1h1ms"),
    ])
    func printsFromTheLargestUnit(milliseconds: Int, text: String) {
        #expect(TimeSpan(milliseconds: milliseconds).description == text)
        #expect(TimeSpan(text)?.milliseconds == milliseconds)
    }

    @Test func compares() throws {
        #expect(try #require(TimeSpan("59s")) < #require(TimeSpan("1m")))
    }
}
