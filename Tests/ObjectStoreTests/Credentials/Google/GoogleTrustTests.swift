import JSON
import TestSupport
import Testing

@testable import ObjectStore

/// Whoever has written a file, or names one, shall not have sent to himself what says who this machine is.
@Suite(.enabled(if: GoogleServices.isHere, Comment(rawValue: GoogleServices.absence)))
struct GoogleTrustTests {
    private let lab: GoogleLab

    init() async throws { lab = try await GoogleLab() }

    private func failure(_ file: JSONValue, isOperators: Bool) async throws -> String {
        let search = try lab.search(file: file, ["GOOGLE_EXTERNAL_ACCOUNT_ALLOW_EXECUTABLES": "1"]) {
            $0.isOperators = isOperators
        }
        let message = try await search.failure().message
        #expect(try await lab.room.asked().isEmpty)
        return message
    }

    // MARK: A task's files

    @Test(
        arguments: [
            ["file": "/etc/hostname"], ["url": "http://127.0.0.1:1/"], ["executable": ["command": "/bin/true"]],
            [
                "environment_id": "aws1",
                "regional_cred_verification_url": "https://sts.{region}.amazonaws.com?Action=GetCallerIdentity",
            ],
        ] as [JSONValue])
    func aTasksFileShowsNobodyTheMachine(source: JSONValue) async throws {
        let external = lab.external(source).replacing("token_url", "https://sts.googleapis.com/v1/token")
        let says =
            "an external_account shows who this machine is, which only files do that the operator names: in a provider "
            + "of his own, or as GOOGLE_APPLICATION_CREDENTIALS"
        #expect(try await failure(external, isOperators: false) == "~/key.json: \(says)")
        #expect(
            try await failure(lab.impersonated(external), isOperators: false)
                == "~/key.json: source_credentials: \(says)")
    }

    /// Its own secrets go where it says, but to no service of this machine or its network.
    @Test(arguments: [
        "https://127.0.0.1/token", "https://localhost:1/token", "https://[::1]/token", "https://169.254.169.254/token",
        "https://metadata.google.internal/token",
    ])
    func aTasksFileReachesNothingNear(url: String) async throws {
        let text = try await failure(lab.user.replacing("token_uri", .string(url)), isOperators: false)
        #expect(
            text.hasPrefix("~/key.json: token_uri leads to ")
                && text.hasSuffix("which only a file of the operator's may"))
    }

    @Test func aTasksFileOfAPersonIsUsed() async throws {
        let file = try GoogleCredentialsFile(
            Array(lab.user.replacing("token_uri", "https://login.example.com/token").compact.utf8), from: "key",
            isOperators: false)
        #expect(try file.identity() is GoogleUser)
        #expect(try await lab.reads(lab.search(file: lab.account()) { $0.isOperators = false }))
    }

    // MARK: Anybody's

    @Test(arguments: [true, false])
    func secretsGoNowhereUnencrypted(isOperators: Bool) async throws {
        for (field, file) in [("token_uri", lab.user), ("token_url", lab.workforceUser)] {
            let text = try await failure(
                file.replacing(field, "http://oauth2.googleapis.com/x"), isOperators: isOperators)
            #expect(text == "~/key.json: \(field) is no https URL, and is told secrets")
        }
    }

    @Test(arguments: [
        "https://evil.example/v1/x:generateAccessToken", "https://googleapis.com.evil.example/x:generateAccessToken",
        "https://evilgoogleapis.com/x:generateAccessToken", "https://storage.googleapis.com./x:generateAccessToken",
        "https://169.254.169.254/x:generateAccessToken",
    ])
    func identitiesGoToGoogleOnly(url: String) async throws {
        for isOperators in [true, false] {
            let file = lab.impersonated(lab.user.replacing("token_uri", nil))
                .replacing("service_account_impersonation_url", .string(url))
            #expect(
                try await failure(file, isOperators: isOperators).contains("none of Google's hosts (googleapis.com)"))
        }
        let external = lab.external(["file": "~/token"]).replacing("token_url", .string(url))
        let text = try await failure(external, isOperators: true)
        #expect(text.hasPrefix("~/key.json: token_url leads to ") && text.contains("none of Google's hosts"))
    }

    /// Regions and private networks have names of their own.
    @Test(arguments: [
        "https://sts.googleapis.com/v1/token", "https://sts.us-east1.rep.googleapis.com/v1/token",
        "https://STS-lab.p.googleapis.com/v1/token",
    ])
    func hostsOfGoogles(url: String) async throws {
        let document = lab.external(["file": "~/token"]).replacing("token_url", .string(url))
        let file = try GoogleCredentialsFile(Array(document.compact.utf8), from: "key", isOperators: true)
        #expect(try file.identity() is GoogleExternalAccount)
    }

    /// Of no other question to Amazon is a signature given away.
    @Test(arguments: [
        "https://sts.{region}.amazonaws.com?Action=AssumeRole&Version=2011-06-15", "https://sts.{region}.amazonaws.com",
        "http://sts.{region}.amazonaws.com?Action=GetCallerIdentity",
        "https://iam.amazonaws.com?Action=GetCallerIdentity",
        "https://sts.evil.example?Action=GetCallerIdentity", "https://sts.evilamazonaws.com?Action=GetCallerIdentity",
    ])
    func otherQuestionsToAmazon(url: String) async throws {
        let document = lab.amazon().replacing("credential_source", "regional_cred_verification_url", .string(url))
        let text = try await failure(document, isOperators: true)
        #expect(
            text.hasPrefix("~/key.json: credential_source.regional_cred_verification_url is no question to Amazon's"))
    }
}
