import TestSupport
import Testing

@testable import ObjectStore

/// A program in the place of Azure's command line.
struct AzureCommandLineTests {
    private let lab: TestMachine

    init() throws { lab = try TestMachine() }

    /// One that does what the script says, if it is asked as it should be.
    private func search(_ script: String) throws -> AzureCredentialSearch {
        let expected = "account get-access-token --resource https://storage.azure.com/ -o json"
        try Files.makeFolder(lab.home.path("bin"))
        try lab.write("#!/bin/sh\n[ \"$*\" = '\(expected)' ] || exit 9\n\(script)\n", to: "bin/az")
        try Files.setMode(lab.home.path("bin/az"), 0o755)
        return lab.azure(["PATH": lab.home.path("bin") + ":/usr/bin:/bin"])
    }

    @Test func whoHasSignedIn() async throws {
        let search = try search(
            #"echo '{"accessToken": "abc", "expires_on": \#(lab.now + 3600), "tenant": "t", "tokenType": "Bearer"}'"#)
        #expect(try await search.found() == .token(#require(BearerToken("abc"))))
        #expect(try await search.origin().description == "Azure CLI of tenant t")
        #expect(search.attempts.map(\.source).suffix(2) == ["workload identity", "managed identity at 127.0.0.1:1"])
    }

    /// Older ones name the end in local time alone.
    @Test func withoutAKnownEnd() async throws {
        let search = try search(
            #"echo "{\"accessToken\": \"abc$(date +%N)\", \"expiresOn\": \"2027-01-15 09:00:00.000000\"}""#
        )
        let first = try await search.found()
        lab.pass(seconds: 200)
        #expect(try await search.found() == first)
        lab.pass(seconds: 100)
        #expect(try await search.found() != first)
    }

    @Test func nobodyHasSignedIn() async throws {
        let search = try search("echo \"ERROR: Please run 'az login' to setup account.\" >&2; exit 1")
        let error = try await search.failure()
        #expect(error.code == .noCredentials)
        #expect(
            error.message.contains("az ended with status 1; it says: ERROR: Please run 'az login' to setup account."))
        #expect(search.attempts.last?.source == "Azure CLI")
    }

    @Test(arguments: [
        ("geheim", "no JSON"), (#"{"expires_on": 1}"#, "no accessToken"),
        (#"{"accessToken": "a b"}"#, "accessToken has"),
    ])
    func whatItShouldNotPrint(output: String, says: String) async throws {
        let error = try await search("echo '\(output)'").failure()
        #expect(error.code == .noCredentials && error.message.contains(says) && error.message.hasPrefix("Azure CLI: "))
        #expect(!error.message.contains("geheim"))
    }

    @Test func notInstalled() async throws {
        let search = lab.azure(["PATH": lab.home.path("none")])
        _ = try await search.failure()
        #expect(search.attempts.last == CredentialAttempt("Azure CLI", "there is no az on the PATH"))
    }
}
