import Plan
import Platform
import Testing

/// Where listings are kept that find no room in memory.
@Suite struct ListingSpaceTests {
    private func folders(_ environment: [String: String], stateFolder: RawPath?) -> [RawPath] {
        ListingSpace(MemoryBudget(1 << 20), Environment(environment), stateFolder: stateFolder).folders
    }

    @Test func theNamedOneFirst() {
        #expect(folders(["TMPDIR": "/scratch"], stateFolder: "/state") == ["/scratch", "/state", "/var/tmp", "/tmp"])
    }

    @Test(arguments: [[:], ["TMPDIR": ""], ["TMPDIR": "relative"]])
    func thenTheStateFolder(environment: [String: String]) {
        #expect(folders(environment, stateFolder: "/state") == ["/state", "/var/tmp", "/tmp"])
    }

    /// One that is in memory itself is not told.
    @Test func elseTheUsualOnes() {
        #expect(folders([:], stateFolder: nil) == ["/var/tmp", "/tmp"])
    }
}
