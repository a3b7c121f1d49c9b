import JSON
import TestSupport
import Testing

@testable import ObjectStore

@Suite(.enabled(if: GoogleServices.isHere, Comment(rawValue: GoogleServices.absence)))
struct GoogleExternalTests {
    private let lab: GoogleLab

    init() async throws { lab = try await GoogleLab() }

    // MARK: Files and services

    @Test func aFile() async throws {
        try lab.machine.write(GoogleServices.subjectToken + "\n", to: "token")
        let search = try lab.search(file: lab.external(["file": "~/token"]))
        #expect(try await lab.reads(search))
        #expect(try await search.origin().description == "~/key.json pool/providers/lab")
        #expect(try await lab.room.asked() == ["exchange"])
    }

    @Test func aFileOfJSON() async throws {
        let token = JSONValue.string(GoogleServices.subjectToken)
        try lab.machine.write((["a": 1, "value": token] as JSONValue).pretty, to: "token")
        let format: JSONValue = ["type": "json", "subject_token_field_name": "value"]
        #expect(try await lab.reads(lab.search(file: lab.external(["file": "~/token", "format": format]))))
    }

    /// Issuers replace it: what was read once is no longer good.
    @Test func theFileIsReadAnew() async throws {
        try lab.machine.write(GoogleServices.subjectToken, to: "token")
        let search = try lab.search(file: lab.external(["file": "~/token"]))
        let first = try await search.found()
        try lab.machine.write("old-geheim", to: "token")
        #expect(await search.renew(after: first) == false)
        #expect(try await search.found() == first)
        lab.machine.pass(seconds: 4000)
        let error = try await search.failure()
        #expect(error.code == .denied)
        #expect(error.message.contains("invalid_grant: The token *** is not accepted."))
        try lab.machine.write(GoogleServices.subjectToken, to: "token")
        lab.machine.pass(seconds: 3)
        #expect(try await search.found() != first)
    }

    @Test(
        arguments: [
            ("/subject", nil), ("/subject?format=json", ["type": "json", "subject_token_field_name": "value"]),
        ] as [(String, JSONValue?)])
    func aService(path: String, format: JSONValue?) async throws {
        let source: JSONValue = ["url": .string(lab.room.url(path)), "headers": ["X-Lab": "yes"]]
        #expect(try await lab.reads(lab.search(file: lab.external(source.replacing("format", format)))))
        #expect(try await lab.room.asked() == ["subject", "exchange"])
    }

    @Test func aServiceThatSaysNo() async throws {
        let source: JSONValue = ["url": .string(lab.room.url("/subject"))]
        let error = try await lab.search(file: lab.external(source)).failure()
        #expect(error.code == .denied)
        #expect(
            error.message
                == "~/key.json: the subject token from 127.0.0.1:\(lab.room.port): the answer has status 403")
    }

    // MARK: Who asks for the exchange

    @Test func withAClient() async throws {
        try lab.machine.write(GoogleServices.subjectToken, to: "token")
        let file = lab.external(["file": "~/token"]).replacing("client_id", .string(GoogleServices.client))
        #expect(
            try await lab.reads(lab.search(file: file.replacing("client_secret", .string(GoogleServices.clientSecret))))
        )
        let error = try await lab.search(file: file).failure()
        #expect(error.code == .denied && error.message.contains("invalid_client"))
    }

    @Test func personsWithAProjectThatPays() async throws {
        try lab.machine.write(GoogleServices.subjectToken, to: "token")
        let file = lab.external(["file": "~/token"]).replacing("audience", .string(GoogleServices.workforce))
            .replacing("workforce_pool_user_project", .string(GoogleServices.project))
        #expect(try await lab.reads(lab.search(file: file)))
    }

    // MARK: Who this machine is at Amazon

    @Test func keysOfAmazons() async throws {
        let search = try lab.search(file: lab.amazon(), GoogleLab.amazonVariables)
        #expect(try await lab.reads(search))
        #expect(try await lab.room.asked() == ["exchange"])
    }

    /// Google asks Amazon, which makes the signature anew.
    @Test func keysOfAmazonsThatAreWrong() async throws {
        let wrong = GoogleLab.amazonVariables.merging(["AWS_SECRET_ACCESS_KEY": "geheim"]) { $1 }
        let error = try await lab.search(file: lab.amazon(), wrong).failure()
        #expect(error.code == .denied && error.message.contains("invalid_grant: the signature"))
    }

    @Test func aProfileOfAmazons() async throws {
        try lab.machine.write(
            """
            [profile lab]
            region = us-west-2
            aws_access_key_id = \(GoogleServices.amazonKeys.0)
            aws_secret_access_key = \(GoogleServices.amazonKeys.1)
            """, to: ".aws/config")
        #expect(try await lab.reads(lab.search(file: lab.amazon(), ["AWS_PROFILE": "lab"])))
    }

    /// Keys, their session and the region are those of the instance that the file names.
    @Test func anInstanceOfAmazons() async throws {
        let source: JSONValue = [
            "environment_id": "aws1", "imdsv2_session_token_url": .string(lab.room.url("/latest/api/token")),
            "url": .string(lab.room.url("/latest/meta-data/iam/security-credentials")),
            "region_url": .string(lab.room.url("/latest/meta-data/placement/availability-zone")),
        ]
        #expect(try await lab.reads(lab.search(file: lab.amazon(source), ["AWS_EC2_METADATA_DISABLED": "false"])))
        #expect(try await lab.room.asked() == Array(repeating: "amazon", count: 5) + ["exchange"])
    }

    @Test func noKeysOfAmazons() async throws {
        let error = try await lab.search(file: lab.amazon(), ["AWS_REGION": "eu-central-1"]).failure()
        #expect(error.code == .noCredentials)
        #expect(
            error.message.hasPrefix("~/key.json: the subject token of AWS: there are no AWS credentials; looked at: "))
        // Google gives no token to somebody without.
        #expect(!error.message.contains("anonymous"))
        let region = try await lab.search(file: lab.amazon()).failure()
        #expect(region.message.hasSuffix("no region: AWS_REGION is not set, and the file has no region_url"))
        let odd = try await lab.search(file: lab.amazon(), ["AWS_REGION": "evil.example/"]).failure()
        #expect(odd.message.hasSuffix("evil.example/ is no region of Amazon's"))
    }
}
