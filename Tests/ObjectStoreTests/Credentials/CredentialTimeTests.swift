import Testing

@testable import ObjectStore

struct CredentialTimeTests {
    @Test(arguments: [
        ("2027-01-15T08:00:00Z", 1_800_000_000), ("2027-01-15T08:00:00.123456Z", 1_800_000_000),
        ("2027-01-15T08:00:00UTC", 1_800_000_000), ("2027-01-15T10:30:00+02:30", 1_800_000_000),
        ("2027-01-15T00:00:00-0800", 1_800_000_000), ("2027-01-15 08:00:00+00:00", 1_800_000_000),
        ("2027-01-15T08:00:00.5+00:00", 1_800_000_000),
    ])
    func times(text: String, seconds: Int) {
        #expect(CredentialTime.seconds(of: text) == seconds)
    }

    @Test(arguments: [
        "", "now", "2027-01-15", "2027-01-15T08:00:00", "2027-13-15T08:00:00Z", "2027-01-15T08:00:00+1",
        "2027-01-15T08:00:00+xx:yy", "2027-01-15T08:00:00Zz", "20270115T080000Z", "2027-02-30T08:00:00Z",
    ])
    func none(text: String) {
        #expect(CredentialTime.seconds(of: text) == nil)
    }
}
