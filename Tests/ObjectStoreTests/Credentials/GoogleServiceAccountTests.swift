import Checksums
import JSON
import Synchronization
import TestSupport
import Testing

@testable import ObjectStore

struct GoogleServiceAccountTests {
    private static func claims(_ token: BearerToken) throws -> JSONValue {
        let parts = token.text.split(separator: ".")
        let bytes = try #require(Base64.bytes(of: String(parts[1]), .url))
        return try JSONValue(reading: bytes)
    }

    private static func account(_ file: [UInt8]) throws(StoreError) -> GoogleServiceAccount {
        let file = try GoogleCredentialsFile(file, from: "key.json", isOperators: false)
        return try GoogleServiceAccount(file)
    }

    @Test func whatATokenSays() throws {
        let file = try ServiceAccountFile(in: TemporaryFolder())
        let issued = try Self.account(file.content).token(at: 1000)
        let claims = try Self.claims(issued.value)
        #expect(claims["iss"]?.text == ServiceAccountFile.email && claims["sub"] == claims["iss"])
        #expect(claims["iat"]?.wholeNumber == 1000 && claims["exp"]?.wholeNumber == 4600 && issued.expiry == 4600)
    }

    /// One token serves for most of its hour, and is followed by the next before it ends.
    @Test func tokensAreKept() async throws {
        let machine = try TestMachine()
        machine.clock.withLock { $0 = 1000 }
        let tokens = try machine.search(forKeyFile: ServiceAccountFile(in: TemporaryFolder()))
        let first = try await tokens.credentials()
        machine.pass(seconds: 3000)
        #expect(try await tokens.credentials() == first)
        machine.pass(seconds: 560)
        let second = try #require(try await tokens.credentials())
        #expect(second != first)
        #expect(try Self.claims(second)["iat"]?.wholeNumber == 4560)
        #expect(tokens.name == "~/key.json \(ServiceAccountFile.email)")
    }

    @Test(
        arguments: [
            "nonsense", "{}", #"{"type": "service_account", "private_key": "geheim"}"#,
            #"{"type": "service_account", "client_email": "a@b", "private_key": "geheim"}"#,
        ])
    func filesThatAreNone(text: String) {
        let failure = #expect(throws: StoreError.self) {
            try Self.account(Array(text.utf8))
        }
        #expect(failure?.code == .noCredentials && failure?.message.hasPrefix("key.json: ") == true)
        #expect(failure?.message.contains("geheim") == false)
    }

    @Test func nothingThatPrintsATokenShowsIt() throws {
        let token = try #require(BearerToken("geheim"))
        var dumped = ""
        dump([token], to: &dumped)
        #expect(!"\(token) \([token])".contains("geheim") && !dumped.contains("geheim"))
        for text in ["", "a b", "a\nb", "é"] { #expect(BearerToken(text) == nil) }
    }
}
