import Checksums
import Platform
import Signing
import TestSupport
import Testing

@testable import ObjectStore

struct RoleTests {
    private let lab: TestMachine
    private let service: TestTokenService
    private let arn = "arn:aws:iam::123456789012:role/team/reader"

    init() throws {
        lab = try TestMachine()
        service = try TestTokenService()
    }

    private let base = "[profile base]\naws_access_key_id = AKIABASE000000000001\naws_secret_access_key = base/secret\n"

    private func search(_ profile: String, _ variables: [String: String] = [:]) -> AWSCredentialSearch {
        lab.search(service.variables.merging(variables) { $1 }) { $0.profile = profile }
    }

    // MARK: Profiles

    @Test func roleOfAProfile() async throws {
        try lab.write(
            base + """
                [profile reader]
                role_arn = \(arn)
                source_profile = base
                role_session_name = night@train
                external_id = a&b=c
                duration_seconds = 1800
                region = eu-west-3
                """, to: ".aws/config")
        let search = search("reader")
        let found = try await search.found()
        #expect(found.accessKeyID == "ASIAROLE000000000001")
        #expect(found.secretAccessKey == "role/secret+")
        #expect(found.sessionToken == "a&b")
        #expect(
            service.forms == [
                [
                    "Action": "AssumeRole", "Version": "2011-06-15", "RoleArn": arn, "RoleSessionName": "night@train",
                    "ExternalId": "a&b=c", "DurationSeconds": "1800",
                ]
            ])
        #expect(
            try await search.origin().description
                == "role of profile reader in ~/.aws/config arn:aws:sts::123456789012:assumed-role/reader/x")
        try expectSigned(region: "eu-west-3", id: "AKIABASE000000000001", secret: "base/secret")
    }

    /// The signature is that of the keys below, over what arrived.
    private func expectSigned(region: String, id: String, secret: String) throws {
        let request = try #require(service.asked.withLock { $0.last?.request })
        let authorization = try #require(request["authorization"])
        #expect(authorization.contains("Credential=\(id)/20270115/\(region)/sts/aws4_request"))
        let signable = SignableRequest(
            method: "POST", host: try #require(request["Host"]), path: request.target,
            headers: [("Content-Type", try #require(request["Content-Type"]))], payload: .init(of: request.body))
        let again = SigV4(region: region, service: "sts").headers(
            for: signable, credentials: AWSCredentials(accessKeyID: id, secretAccessKey: secret), at: lab.now)
        #expect(again.first { $0.name == "authorization" }?.value == authorization)
    }

    @Test func roleUponRole() async throws {
        try lab.write(
            base + """
                [profile middle]
                role_arn = arn:aws:iam::1:role/middle
                source_profile = base
                [profile top]
                role_arn = \(arn)
                source_profile = middle
                """, to: ".aws/config")
        #expect(try await search("top").found().accessKeyID == "ASIAROLE000000000002")
        #expect(service.forms.map { $0["RoleArn"] } == ["arn:aws:iam::1:role/middle", arn])
        let second = try #require(service.asked.withLock { $0.last?.request })
        #expect(second["authorization"]?.contains("ASIAROLE000000000001") == true)
        #expect(second["x-amz-security-token"] == "a&b")
    }

    @Test func itsOwnKeys() async throws {
        try lab.write(
            "[profile own]\nrole_arn = \(arn)\nsource_profile = own\naws_access_key_id = A\naws_secret_access_key = a\n",
            to: ".aws/config")
        #expect(try await search("own").found().accessKeyID == "ASIAROLE000000000001")
    }

    @Test func loops() async throws {
        try lab.write(
            """
            [profile a]
            role_arn = \(arn)
            source_profile = b
            [profile b]
            role_arn = \(arn)
            source_profile = a
            """, to: ".aws/config")
        let error = try await search("a").failure()
        #expect(error.code == .invalid)
        #expect(error.message.contains("a → b → a"))
        #expect(service.forms.isEmpty)
    }

    @Test(arguments: [
        ("source_profile = none", "source_profile none: it is not in ~/.aws/config"),
        ("", "neither source_profile nor credential_source"),
        ("source_profile = base\ncredential_source = Environment", "both source_profile and credential_source"),
        ("credential_source = Moon", "not Moon"),
        ("credential_source = Environment", "AWS_ACCESS_KEY_ID is not set"),
        ("credential_source = EcsContainer", "AWS_CONTAINER_CREDENTIALS"),
        ("credential_source = Ec2InstanceMetadata", "AWS_EC2_METADATA_DISABLED"),
        ("source_profile = base\nmfa_serial = arn:aws:iam::1:mfa/x", "mfa_serial"),
        ("source_profile = base\nduration_seconds = 5", "duration_seconds"),
        ("source_profile = base\nrole_session_name = a b", "session name"),
    ])
    func rolesThatCannotBe(lines: String, says: String) async throws {
        try lab.write(base + "[profile bad]\nrole_arn = \(arn)\n\(lines)\n", to: ".aws/config")
        let error = try await search("bad").failure()
        #expect(error.message.contains(says))
        #expect(service.forms.isEmpty)
    }

    @Test func keysOfTheEnvironmentAsSource() async throws {
        try lab.write("[profile e]\nrole_arn = \(arn)\ncredential_source = Environment\n", to: ".aws/config")
        let keys = ["AWS_ACCESS_KEY_ID": exampleID, "AWS_SECRET_ACCESS_KEY": exampleSecret]
        #expect(try await search("e", keys).found().accessKeyID == "ASIAROLE000000000001")
        try expectSigned(region: "us-east-1", id: exampleID, secret: exampleSecret)
    }

    // MARK: Roles of entries and providers

    @Test func roleOfAProviderWithKeys() async throws {
        let search = lab.search(service.variables) {
            $0.roleARN = self.arn
            $0.keys = .init(accessKeyID: .literal(exampleID), secretAccessKey: .literal(exampleSecret))
            $0.region = "ap-southeast-2"
            $0.mayUseMachine = false
        }
        #expect(try await search.found().accessKeyID == "ASIAROLE000000000001")
        #expect(try await search.origin().description.hasPrefix("role arn:aws:sts::"))
        try expectSigned(region: "ap-southeast-2", id: exampleID, secret: exampleSecret)
    }

    @Test func refusals() async throws {
        for (status, code, meaning) in [
            (403, "AccessDenied", .denied), (403, "ExpiredToken", .expiredCredentials),
            (400, "ExpiredTokenException", .expiredCredentials), (403, "InvalidClientTokenId", .denied),
            (403, "SignatureDoesNotMatch", .denied), (403, "RegionDisabledException", .invalid),
        ] as [(Int, String, StoreError.Code)] {
            service.refuse(status, code, "User: arn:aws:iam::1:user/x with \(exampleSecret) may not")
            let search = lab.search(service.variables) {
                $0.roleARN = self.arn
                $0.keys = .init(accessKeyID: .literal(exampleID), secretAccessKey: .literal(exampleSecret))
            }
            let error = try await search.failure()
            #expect(error.code == meaning)
            #expect(
                error.message
                    == "role reader from 127.0.0.1:\(service.port) is not given to provider lab AKIA…MPLE: \(code): "
                    + "User: arn:aws:iam::1:user/x with *** may not")
            #expect(error.requestID == "42")
        }
    }

    /// A machine whose clock is an hour late still gets its role, and keeps it as long as it holds.
    @Test func aWrongClock() async throws {
        service.isAhead.withLock { $0 = true }
        service.expiration.withLock { $0 = lab.time(in: 7200) }
        let search = lab.search(service.variables) {
            $0.roleARN = self.arn
            $0.keys = .init(accessKeyID: .literal(exampleID), secretAccessKey: .literal(exampleSecret))
        }
        #expect(try await search.found().accessKeyID == "ASIAROLE000000000002")
        lab.pass(seconds: 3000)
        #expect(try await search.found().accessKeyID == "ASIAROLE000000000002")
        lab.pass(seconds: 600)
        #expect(try await search.found().accessKeyID == "ASIAROLE000000000003")
    }

    // MARK: Web identity

    @Test func tokenOfAnIssuer() async throws {
        try lab.write("one.two.three\n", to: "token")
        let variables = [
            "AWS_ROLE_ARN": arn, "AWS_WEB_IDENTITY_TOKEN_FILE": lab.home.path("token"), "AWS_ROLE_SESSION_NAME": "pod",
        ]
        let search = lab.search(service.variables.merging(variables) { $1 })
        service.expiration.withLock { $0 = lab.time(in: 3600) }
        #expect(try await search.found().accessKeyID == "ASIAROLE000000000001")
        #expect(
            service.forms == [
                [
                    "Action": "AssumeRoleWithWebIdentity", "Version": "2011-06-15", "RoleArn": arn,
                    "RoleSessionName": "pod", "WebIdentityToken": "one.two.three",
                ]
            ])
        #expect(service.asked.withLock { $0[0].request["authorization"] } == nil)
        #expect(try await search.origin().source == "web identity of AWS_ROLE_ARN")

        // A new token is read from the file when its time has come.
        try lab.write("new.token", to: "token")
        lab.pass(seconds: 3599)
        service.expiration.withLock { $0 = lab.time(in: 3600) }
        #expect(try await search.found().accessKeyID == "ASIAROLE000000000002")
        #expect(service.forms.last?["WebIdentityToken"] == "new.token")
    }

    @Test func tokenOfAnEntry() async throws {
        try lab.write("t.t.t", to: "token")
        let search = lab.search(service.variables) {
            $0.roleARN = self.arn
            $0.webIdentityTokenFile = self.lab.home.path("token")
        }
        #expect(try await search.found().accessKeyID == "ASIAROLE000000000001")
        service.refuse(400, "InvalidIdentityToken", "No provider for t.t.t")
        let refused = lab.search(service.variables) {
            $0.roleARN = self.arn
            $0.webIdentityTokenFile = self.lab.home.path("token")
        }
        let error = try await refused.failure()
        #expect(error.code == .denied)
        #expect(
            error.message.hasSuffix("is not given to the token in ~/token: InvalidIdentityToken: No provider for ***"))
    }

    @Test func tokenOfAProfile() async throws {
        try lab.write("t.t.t", to: "token")
        try lab.write(
            "[profile w]\nrole_arn = \(arn)\nweb_identity_token_file = \(lab.home.path("token"))\n", to: ".aws/config")
        #expect(try await search("w").found().accessKeyID == "ASIAROLE000000000001")
    }

    @Test func tokensThatAreMissing() async throws {
        let half = try await lab.search(["AWS_WEB_IDENTITY_TOKEN_FILE": "/x"]).failure()
        #expect(half.message.contains("no AWS_ROLE_ARN"))
        let gone = try await lab.search(["AWS_WEB_IDENTITY_TOKEN_FILE": "/nowhere", "AWS_ROLE_ARN": arn]).failure()
        #expect(gone.message.contains("/nowhere cannot be read"))
        let alone = try await lab.search { $0.webIdentityTokenFile = "/x" }.failure()
        #expect(alone.message.contains("web_identity_token_file without role_arn"))
    }

    @Test func answersThatAreNone() async throws {
        try lab.write("t", to: "token")
        for body in ["", "<a/>", "hello", "<a><AccessKeyId>x</AccessKeyId></a>"] {
            service.refusal.withLock { $0 = (200, body) }
            let search = lab.search(service.variables) {
                $0.roleARN = self.arn
                $0.webIdentityTokenFile = self.lab.home.path("token")
            }
            #expect(try await search.failure().message.contains("the answer has no credentials in it"))
        }
    }

    // MARK: Where

    @Test func placesOfTheService() throws {
        #expect(try AWSRegion("eu-west-1")?.host(of: "sts") == "sts.eu-west-1.amazonaws.com")
        #expect(try AWSRegion("cn-north-1")?.host(of: "sts") == "sts.cn-north-1.amazonaws.com.cn")
        #expect(try AWSRegion("us-gov-west-1")?.host(of: "sts") == "sts.us-gov-west-1.amazonaws.com")
        #expect(try AWSRegion("us-isob-east-1")?.host(of: "sts") == "sts.us-isob-east-1.sc2s.sgov.gov")
        #expect(try AWSRegion.global.host(of: "sts") == "sts.amazonaws.com")
        for text in ["", "auto", "a.evil.example/", "eu-west-1.evil", "eu-west-", "EU-west-1", "x-1", "eu--1"] {
            #expect(AWSRegion(text) == nil)
        }
    }
}
