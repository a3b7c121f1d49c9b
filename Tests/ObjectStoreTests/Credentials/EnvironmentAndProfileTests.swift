import Platform
import Signing
import TestSupport
import Testing

@testable import ObjectStore

struct EnvironmentAndProfileTests {
    private let lab: TestMachine
    private let keys = ["AWS_ACCESS_KEY_ID": exampleID, "AWS_SECRET_ACCESS_KEY": exampleSecret]

    init() throws { lab = try TestMachine() }

    // MARK: Environment

    @Test func keysOfTheEnvironment() async throws {
        let search = lab.search(keys.merging(["AWS_SESSION_TOKEN": "t"]) { $1 })
        let expected = AWSCredentials(accessKeyID: exampleID, secretAccessKey: exampleSecret, sessionToken: "t")
        #expect(try await search.found() == expected)
        #expect(try await search.origin().description == "environment AWS_ACCESS_KEY_ID AKIA…MPLE")
        #expect(search.name == "environment AWS_ACCESS_KEY_ID AKIA…MPLE")
    }

    @Test func theyComeBeforeProfiles() async throws {
        try lab.write("[default]\naws_access_key_id = B\naws_secret_access_key = b\n", to: ".aws/credentials")
        #expect(try await lab.search(keys.merging(["AWS_PROFILE": "default"]) { $1 }).found().accessKeyID == exampleID)
    }

    @Test func halfAKeyIsAnError() async throws {
        let error = try await lab.search(["AWS_ACCESS_KEY_ID": exampleID]).failure()
        #expect(error.code == .noCredentials)
        #expect(error.message == "the environment has AWS_ACCESS_KEY_ID but no AWS_SECRET_ACCESS_KEY")
    }

    @Test func expiredOnes() async throws {
        let past = keys.merging(["AWS_CREDENTIAL_EXPIRATION": lab.time(in: -1)]) { $1 }
        #expect(try await lab.search(past).failure().code == .expiredCredentials)
        let future = keys.merging(["AWS_CREDENTIAL_EXPIRATION": lab.time(in: 3600)]) { $1 }
        #expect(try await lab.search(future).found().accessKeyID == exampleID)
        let broken = keys.merging(["AWS_CREDENTIAL_EXPIRATION": "tomorrow"]) { $1 }
        #expect(try await lab.search(broken).failure().code == .noCredentials)
    }

    /// Elsewhere than at the vendor's the machine's own credentials are not for the asking.
    @Test func notForOtherEndpoints() async throws {
        let search = lab.search(keys) { $0.mayUseMachine = false }
        #expect(try await search.credentials() == nil)
        #expect(try await search.origin() == .anonymous)
    }

    @Test func anonymousWins() async throws {
        #expect(try await lab.search(keys) { $0.isAnonymous = true }.credentials() == nil)
    }

    // MARK: Profiles

    @Test func bothFilesAndTheCurrentProfile() async throws {
        try lab.write("[profile dev]\naws_access_key_id = C\naws_secret_access_key = c\n", to: ".aws/config")
        try lab.write(
            "[default]\naws_access_key_id = D\naws_secret_access_key = d\naws_session_token = t\n",
            to: ".aws/credentials")
        let found = try await lab.search().found()
        #expect(found == AWSCredentials(accessKeyID: "D", secretAccessKey: "d", sessionToken: "t"))
        let dev = lab.search(["AWS_PROFILE": "dev"])
        #expect(try await dev.found().accessKeyID == "C")
        #expect(try await dev.origin().source == "profile dev in ~/.aws/config")
        #expect(try await lab.search { $0.profile = "dev" }.found().accessKeyID == "C")
    }

    @Test func theCredentialsFileIsStronger() async throws {
        try lab.write("[default]\naws_access_key_id = C\naws_secret_access_key = c\n", to: ".aws/config")
        try lab.write("[default]\naws_access_key_id = D\naws_secret_access_key = d\n", to: ".aws/credentials")
        #expect(try await lab.search().found().accessKeyID == "D")
    }

    @Test func filesThatTheEnvironmentNames() async throws {
        try lab.write("[default]\naws_access_key_id = E\naws_secret_access_key = e\n", to: "keys")
        let found = try await lab.search(["AWS_SHARED_CREDENTIALS_FILE": lab.home.path("keys")]).found()
        #expect(found.accessKeyID == "E")
    }

    /// A profile that somebody has named and nobody has is an error, never somebody else's credentials.
    @Test func aMissingProfile() async throws {
        try lab.write("[profile production]\nregion = x\n", to: ".aws/config")
        let error = try await lab.search(["AWS_PROFILE": "prodution"]).failure()
        #expect(error.code == .noCredentials)
        #expect(error.message.contains("profile prodution: it is not in ~/.aws/config; did you mean production?"))
    }

    @Test func problemsOfTheFileAreShown() async throws {
        try lab.write("[profile dev]\naws_access_key_id = C\naws_secret_access_key c\n", to: ".aws/config")
        let error = try await lab.search { $0.profile = "dev" }.failure()
        #expect(error.message.contains("profile dev in ~/.aws/config has no aws_secret_access_key"))
        #expect(error.message.contains("~/.aws/config:3: there is no `KEY = VALUE`"))
    }

    @Test func aNamedFileOfKeys() async throws {
        try lab.write(
            "[a]\naws_access_key_id = F\naws_secret_access_key = f\n[p]\ncredential_process = touch x\n", to: "keys")
        let found = try await lab.search {
            $0.credentialsFile = self.lab.home.path("keys")
            $0.profile = "a"
        }.found()
        #expect(found.accessKeyID == "F")
        // Somebody else's file runs no programs.
        let error = try await lab.search {
            $0.credentialsFile = self.lab.home.path("keys")
            $0.profile = "p"
        }.failure()
        #expect(error.message.contains("has no aws_access_key_id"))
    }

    /// New keys in the file are found when the old ones are refused.
    @Test func renewedFromTheFile() async throws {
        try lab.write("[default]\naws_access_key_id = A\naws_secret_access_key = a\n", to: ".aws/credentials")
        let search = lab.search()
        let old = try await search.found()
        #expect(await search.renew(after: old) == false)
        try lab.write("[default]\naws_access_key_id = B\naws_secret_access_key = b\n", to: ".aws/credentials")
        // What was found a moment ago is believed for a moment.
        #expect(await search.renew(after: old) == false)
        lab.pass(seconds: 3)
        #expect(await search.renew(after: old))
        #expect(try await search.found().accessKeyID == "B")
        #expect(await search.renew(after: old))
    }

    @Test func identitiesThatAnEntryChooses() async throws {
        try lab.write("[p]\naws_access_key_id = A\naws_secret_access_key = a\n", to: ".aws/credentials")
        let chosen = lab.search {
            $0.profile = "p"
            $0.isChosenByEntry = true
            $0.mayUseMachine = false
        }
        #expect(try await chosen.failure().code == .invalid)
    }

    /// Lines that go on would become lines of a request.
    @Test func keysOverSeveralLines() async throws {
        try lab.write(
            "[default]\naws_access_key_id = A\naws_secret_access_key = a\naws_session_token = b\n  c: d\n",
            to: ".aws/credentials")
        let error = try await lab.search().failure()
        #expect(
            error.message
                == "profile default in ~/.aws/credentials: a key id or token with a space, a line end or the like in it"
        )
    }

    // MARK: Nothing at all

    @Test func nothingFound() async throws {
        let search = lab.search()
        let error = try await search.failure()
        #expect(error.code == .noCredentials)
        #expect(error.code.exitStatus == .denied)
        #expect(
            search.attempts.map(\.source) == [
                "environment", "web identity", "profile default", "container", "instance metadata",
            ])
        for place in [
            "environment: AWS_ACCESS_KEY_ID is not set", "web identity: AWS_WEB_IDENTITY_TOKEN_FILE is not set",
            "profile default: neither ~/.aws/config nor ~/.aws/credentials is there",
            "container: AWS_CONTAINER_CREDENTIALS_RELATIVE_URI and _FULL_URI are not set",
            "instance metadata: AWS_EC2_METADATA_DISABLED is set", "anonymous: true",
        ] { #expect(error.message.contains(place)) }
    }

    @Test func whatWasLookedAt() async throws {
        try lab.write("[default]\naws_access_key_id = A\naws_secret_access_key = a\n", to: ".aws/credentials")
        let search = lab.search()
        _ = try await search.found()
        #expect(search.attempts.map(\.source) == ["environment", "web identity"])
    }

    // MARK: Endpoints

    @Test func endpointsOfProfiles() throws {
        try lab.write(
            """
            [default]
            endpoint_url = https://all.example
            [profile lab]
            services = here
            region = eu-west-2
            [services here]
            s3 =
              endpoint_url = http://s3.example:9000
            """, to: ".aws/config")
        let configuration = AWSConfiguration(Environment([:]), home: lab.home.path)
        #expect(configuration.endpoint(of: "s3") == "https://all.example")
        #expect(configuration.endpoint(of: "s3", profile: "lab") == "http://s3.example:9000")
        #expect(configuration.endpoint(of: "sts", profile: "lab") == nil)
        #expect(configuration.namedRegion(profile: "lab")?.name == "eu-west-2")
    }
}
