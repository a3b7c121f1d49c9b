import TestSupport
import Testing

@Suite(.apart) struct VersionTests {
    @Test func text() throws {
        for word in ["version", "--version"] {
            let finished = try provision(word)
            #expect(finished.status == 0)
            #expect(finished.output == "provision 0.1.0\n")
            #expect(finished.errors == "")
        }
    }

    @Test func documents() throws {
        #expect(try provision("version", "--output", "json").output == "{\n  \"v\": 1,\n  \"version\": \"0.1.0\"\n}\n")
        #expect(
            try provision("version", environment: ["PROVISION_OUTPUT": "ndjson"]).output
                == "{\"v\":1,\"version\":\"0.1.0\"}\n")
    }
}
