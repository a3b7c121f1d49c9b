import Platform
import Signing
import TestSupport
import Testing

@testable import ObjectStore

struct ProcessTests {
    private let lab: TestMachine

    init() throws { lab = try TestMachine() }

    private func program(_ script: String) throws -> String {
        try Files.write("#!/bin/sh\n" + script, to: lab.home.path("program"), mode: 0o755)
        return lab.home.path("program")
    }

    private func print(_ json: String) throws -> String { try program("cat <<'END'\n\(json)\nEND\n") }

    @Test func versionOne() async throws {
        let path = try print(
            #"{"Version": 1, "AccessKeyId": "ASIAPROCESS000000001", "SecretAccessKey": "s", "SessionToken": "t", "#
                + #""Expiration": "\#(lab.time(in: 3600))"}"#)
        try lab.write("[profile p]\ncredential_process = \"\(path)\" --quietly\n", to: ".aws/config")
        let search = lab.search { $0.profile = "p" }
        let found = try await search.found()
        #expect(found == AWSCredentials(accessKeyID: "ASIAPROCESS000000001", secretAccessKey: "s", sessionToken: "t"))
        #expect(
            try await search.origin().description
                == "credential_process of profile p in ~/.aws/config ASIA…0001")
    }

    @Test(arguments: [
        (#"{"Version": 2, "AccessKeyId": "a", "SecretAccessKey": "s"}"#, "version 1"),
        (#"{"Version": 1, "AccessKeyId": "a"}"#, "no AccessKeyId or no SecretAccessKey"),
        (#"{"Version": 1, "AccessKeyId": "a", "SecretAccessKey": "s", "Expiration": "x"}"#, "ISO 8601"),
        (#"secret"#, "no JSON"), ("", "no JSON"),
    ])
    func badOutput(output: String, says: String) async throws {
        let path = try print(output)
        let error = try await lab.search { $0.process = path }.failure()
        #expect(error.code == .noCredentials)
        #expect(error.message.contains(says))
        #expect(error.message.hasPrefix("credential_process of provider lab: "))
        #expect(output.isEmpty || !error.message.contains(output))
    }

    @Test func expiredOutput() async throws {
        let path = try print(
            #"{"Version": 1, "AccessKeyId": "a", "SecretAccessKey": "s", "Expiration": "\#(lab.time(in: -5))"}"#)
        #expect(try await lab.search { $0.process = path }.failure().code == .expiredCredentials)
    }

    /// What it says on standard error is shown, without what looks like a secret.
    @Test func failure() async throws {
        let path = try program(
            "echo \"no ticket for wJalrXUtnFEMIK7MDENGbPxRfiCYEXAMPLEKEY at https://a.example/x\" >&2; exit 3")
        let error = try await lab.search { $0.process = path }.failure()
        #expect(
            error.message.contains("program ended with status 3; it says: no ticket for *** at https://a.example/x"))
    }

    @Test func notThere() async throws {
        let error = try await lab.search { $0.process = "/nowhere/at-all --key secret" }.failure()
        #expect(error.message.contains("at-all cannot be started: No such file or directory"))
        #expect(!error.message.contains("secret"))
    }

    @Test func quotesWithoutEnd() async throws {
        #expect(try await lab.search { $0.process = "a 'b" }.failure().message.contains("quote"))
    }

    /// No shell sees the command.
    @Test func noShell() async throws {
        let target = lab.home.path("made")
        _ = try await lab.search { $0.process = "/bin/echo x; touch \(target) $(touch \(target))" }.failure()
        #expect(!Files.isThere(target))
    }

    // MARK: Secrets from anywhere

    private func keys(_ input: SecretInput) -> AWSCredentialSearch {
        lab.search(["LAB_SECRET": "from-env\n"]) {
            $0.keys = .init(accessKeyID: .literal(exampleID), secretAccessKey: input)
        }
    }

    @Test func secretsFromAnywhere() async throws {
        try lab.write("from-file\r\n", to: "secret")
        let program = try program("echo from-program $1")
        #expect(try await keys(.literal("x")).found().secretAccessKey == "x")
        #expect(try await keys(.environment("LAB_SECRET")).found().secretAccessKey == "from-env")
        #expect(try await keys(.file(lab.home.path("secret"))).found().secretAccessKey == "from-file")
        #expect(try await keys(.file("~/secret")).found().secretAccessKey == "from-file")
        #expect(try await keys(.command([program, "a b"])).found().secretAccessKey == "from-program a b")
        #expect(try await keys(.literal("x")).origin().description == "provider lab AKIA…MPLE")
    }

    @Test func secretsThatAreNone() async throws {
        try lab.write("two\nlines", to: "lines")
        try lab.write("\n", to: "empty")
        for (input, says) in [
            (.environment("NONE"), "secret_key: the environment has no NONE"),
            (.file("~/none"), "secret_key: ~/none cannot be read: No such file or directory"),
            (.file("~/lines"), "secret_key in ~/lines has control characters or more than one line"),
            (.file("~/empty"), "secret_key in ~/empty is empty"),
            (.command(["/bin/false"]), "secret_key: false ended with status 1"),
        ] as [(SecretInput, String)] {
            let error = try await keys(input).failure()
            #expect(error.code == .noCredentials)
            #expect(error.message == "provider lab: " + says)
        }
    }

    @Test func inputsAreNotPrinted() {
        #expect("\(SecretInput.literal("x"))" == "***")
        var text = ""
        dump(AWSCredentialRequest.Keys(accessKeyID: .literal("hidden"), secretAccessKey: .literal("hidden")), to: &text)
        #expect(!text.contains("hidden"))
    }

    /// A secret in a file is read again when it is refused.
    @Test func renewedFromFiles() async throws {
        try lab.write("one", to: "secret")
        let search = keys(.file("~/secret"))
        let old = try await search.found()
        try lab.write("two", to: "secret")
        #expect(await search.renew(after: old))
        #expect(try await search.found().secretAccessKey == "two")
    }
}
