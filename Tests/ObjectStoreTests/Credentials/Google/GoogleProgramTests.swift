import JSON
import TestSupport
import Testing

@testable import ObjectStore

/// Programs that print subject tokens.
@Suite(.enabled(if: GoogleServices.isHere, Comment(rawValue: GoogleServices.absence)))
struct GoogleProgramTests {
    private static let allowed = ["GOOGLE_EXTERNAL_ACCOUNT_ALLOW_EXECUTABLES": "1"]

    private let lab: GoogleLab

    init() async throws { lab = try await GoogleLab() }

    private func answer(_ change: (JSONValue) -> JSONValue = { $0 }) -> String {
        change([
            "version": 1, "success": true, "token_type": "urn:ietf:params:oauth:token-type:id_token",
            "id_token": .string(GoogleServices.subjectToken), "expiration_time": .integer(lab.machine.now + 600),
        ]).compact
    }

    private func search(
        _ script: String, output: String? = nil, _ variables: [String: String] = allowed, seconds: Int = 60
    ) throws -> GoogleCredentialSearch {
        try Files.write("#!/bin/sh\necho run >> \(lab.machine.home.path("runs"))\n" + script, to: path, mode: 0o755)
        let program: JSONValue = [
            "command": .string("\(path) --arg 'a b'"), "timeout_millis": .integer(seconds * 1000),
        ]
        let file = lab.external(["executable": program.replacing("output_file", output.map { .string($0) })])
        return try lab.search(file: file.replacing("service_account_impersonation_url", lab.impersonation), variables)
    }

    private var path: String { lab.machine.home.path("program") }

    private func prints(_ text: String) -> String { "cat <<'END'\n\(text)\nEND\n" }

    private func runs() throws -> Int {
        Files.isThere(lab.machine.home.path("runs"))
            ? try lab.machine.home.read("runs").split(separator: "\n").count : 0
    }

    @Test func aToken() async throws {
        #expect(try await lab.reads(search(prints(answer()))))
        #expect(try await lab.room.asked() == ["exchange", "impersonation"])
    }

    @Test func anAssertion() async throws {
        let saml = answer {
            $0.replacing("token_type", "urn:ietf:params:oauth:token-type:saml2").replacing("id_token", nil)
                .replacing("saml_response", .string(GoogleServices.subjectToken))
        }
        #expect(try await lab.reads(search(prints(saml))))
    }

    @Test func whatTheProgramIsTold() async throws {
        let told = lab.machine.home.path("told")
        let script = "env | grep ^GOOGLE_EXTERNAL | sort > \(told); echo \"$#$2\" >> \(told)\n" + prints(answer())
        _ = try await search(script, output: "/nowhere/kept").found()
        #expect(
            try lab.machine.home.read("told") == """
                GOOGLE_EXTERNAL_ACCOUNT_ALLOW_EXECUTABLES=1
                GOOGLE_EXTERNAL_ACCOUNT_AUDIENCE=\(GoogleServices.audience)
                GOOGLE_EXTERNAL_ACCOUNT_ID=\(GoogleServices.target)
                GOOGLE_EXTERNAL_ACCOUNT_IMPERSONATED_EMAIL=\(GoogleServices.target)
                GOOGLE_EXTERNAL_ACCOUNT_INTERACTIVE=0
                GOOGLE_EXTERNAL_ACCOUNT_OUTPUT_FILE=/nowhere/kept
                GOOGLE_EXTERNAL_ACCOUNT_REVOKE=0
                GOOGLE_EXTERNAL_ACCOUNT_TOKEN_TYPE=urn:ietf:params:oauth:token-type:jwt
                2a b

                """)
    }

    @Test func onlyWhenItIsAllowed() async throws {
        for variables in [[:], ["GOOGLE_EXTERNAL_ACCOUNT_ALLOW_EXECUTABLES": "true"]] {
            let error = try await search(prints(answer()), variables).failure()
            #expect(error.message.hasSuffix("only run when GOOGLE_EXTERNAL_ACCOUNT_ALLOW_EXECUTABLES is 1"))
        }
        #expect(try runs() == 0)
    }

    // MARK: What it has kept

    @Test func whatIsKeptIsUsedAsLongAsItHolds() async throws {
        let kept = lab.machine.home.path("kept")
        let search = try search("cat > \(kept) <<'END'\n\(answer())\nEND\n", output: kept)
        let first = try await search.found()
        #expect(try runs() == 1)
        #expect(await search.renew(after: first))
        #expect(try runs() == 1)
        lab.machine.pass(seconds: 601)
        lab.machine.pass(seconds: 3600)
        let error = try await search.failure()
        #expect(error.code == .expiredCredentials && error.message.hasSuffix("it gives a token that has expired"))
        #expect(try runs() == 2)
    }

    /// A refusal that was kept, and what does not say when it ends, are asked for again.
    @Test func whatIsKeptAndNoLongerGood() async throws {
        let kept = lab.machine.home.path("kept")
        for text in [answer { $0.replacing("expiration_time", nil) }, #"{"version": 1, "success": false}"#, ""] {
            try lab.machine.write(text, to: "kept")
            #expect(try await lab.reads(search(prints(answer()), output: kept)))
        }
        #expect(try runs() == 3)
        try lab.machine.write("geheim", to: "kept")
        let error = try await search(prints(answer()), output: kept).failure()
        #expect(error.message == "~/key.json: output_file ~/kept: the answer is no JSON: no value at byte 0")
    }

    // MARK: What goes wrong

    @Test(arguments: [
        (
            #"{"version": 1, "success": false, "code": "401", "message": "Caller not authorized."}"#,
            "it gives no token: 401: Caller not authorized."
        ),
        (#"{"version": 2, "success": true, "id_token": "geheim"}"#, "version is not 1, the only one there is"),
        (#"{"version": 1, "id_token": "geheim"}"#, "success is neither true nor false"),
        (
            #"{"version": 1, "success": true, "token_type": "geheim", "id_token": "geheim"}"#,
            "token_type is none that is known"
        ),
        (
            #"{"version": 1, "success": true, "token_type": "urn:ietf:params:oauth:token-type:jwt"}"#,
            "id_token is missing"
        ),
        (
            #"{"version": 1, "success": true, "token_type": "urn:ietf:params:oauth:token-type:saml2", "id_token": "geheim"}"#,
            "saml_response is missing"
        ),
        (#"{"version": 1, "success": true, "expiration_time": "geheim"}"#, "expiration_time is no number of seconds"),
        (#"{"version": 1, "success": true, "expiration_time": 1}"#, "it gives a token that has expired"),
        ("geheim", "the answer is no JSON: no value at byte 0"),
        ("", "the answer is no JSON: it ends too early at byte 1"),
    ])
    func badAnswers(output: String, says: String) async throws {
        let error = try await search(prints(output)).failure()
        #expect(error.message == "~/key.json: executable: " + says)
    }

    @Test func programsThatFail() async throws {
        let failed = try await search("echo no ticket >&2; exit 3").failure()
        #expect(failed.message == "~/key.json: executable: program ended with status 3; it says: no ticket")
        let slow = try await search("sleep 20", seconds: 5).failure()
        #expect(slow.message == "~/key.json: executable: program has not ended within 5 s" && slow.isRetryable)
    }
}
