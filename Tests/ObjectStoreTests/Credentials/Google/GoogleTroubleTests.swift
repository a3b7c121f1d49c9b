import JSON
import TestSupport
import Testing

@testable import ObjectStore

/// Services that say no, or something else than they should.
@Suite(.enabled(if: GoogleServices.isHere, Comment(rawValue: GoogleServices.absence)))
struct GoogleTroubleTests {
    private typealias Trouble = [String: any Sendable]

    private let lab: GoogleLab

    init() async throws { lab = try await GoogleLab() }

    private func failure(_ trouble: Trouble, _ file: JSONValue? = nil) async throws -> StoreError {
        try await lab.room.tell(["fail": ["token": trouble, "exchange": trouble, "impersonation": trouble]])
        let error = try await lab.search(file: file ?? lab.user).failure()
        #expect(!GoogleLab.secrets.contains { error.message.contains($0) })
        return error
    }

    @Test func aTokenThatWasWithdrawn() async throws {
        let file = lab.user.replacing("refresh_token", "old-geheim")
        let error = try await lab.search(file: file).failure()
        #expect(error.code == .expiredCredentials && error.status == 400)
        #expect(
            error.message
                == "~/key.json: 127.0.0.1:\(lab.room.port) gives no token: invalid_grant: Token *** has been expired or revoked.; "
                + "sign in again with `gcloud auth application-default login`")
    }

    @Test func anUnknownClient() async throws {
        let error = try await lab.search(file: lab.user.replacing("client_id", "other")).failure()
        #expect(error.code == .denied && error.status == 401)
        #expect(error.message.contains("invalid_client: The OAuth client was not found."))
    }

    @Test func aPersonWhoHasToSignInAgain() async throws {
        let body =
            #"{"error": "invalid_grant", "error_subtype": "invalid_rapt", "error_description": "reauth related error"}"#
        #expect(try await failure(["status": 400, "body": body]).code == .expiredCredentials)
    }

    @Test(arguments: [429, 500, 502, 503])
    func busyForAMoment(status: Int) async throws {
        let trouble: Trouble = ["status": status, "times": 2]
        try await lab.room.tell(["fail": ["token": trouble, "impersonation": trouble]])
        #expect(try await lab.reads(lab.search(file: lab.impersonated(lab.user))))
        #expect(
            try await lab.room.asked() == ["token", "token", "token"] + Array(repeating: "impersonation", count: 3))
    }

    @Test func comeBackLater() async throws {
        let trouble: Trouble = ["status": 429, "times": 1, "headers": ["Retry-After": "1"]]
        try await lab.room.tell(["fail": ["token": trouble]])
        let began = ContinuousClock.now
        #expect(try await lab.reads(lab.search(file: lab.user)))
        #expect(ContinuousClock.now - began >= .seconds(1))
    }

    @Test(arguments: [429, 500, 503])
    func busyForGood(status: Int) async throws {
        let error = try await failure(["status": status, "body": "try later"])
        #expect(error.code == .unreachable && error.isRetryable)
        #expect(error.message.hasSuffix("gives no token: the answer has status \(status)"))
    }

    @Test func somethingIsWrongThere() async throws {
        for (name, code) in [
            ("temporarily_unavailable", StoreError.Code.unreachable), ("server_error", .unreachable),
            ("invalid_scope", .invalid), ("invalid_request", .invalid), ("unauthorized_client", .denied),
        ] {
            let error = try await failure(["status": 400, "body": #"{"error": "\#(name)"}"#])
            #expect(error.code == code && error.message.contains("gives no token: \(name)"))
        }
    }

    @Test(arguments: [
        ("geheim", "the answer is no JSON"), ("", "the answer is no JSON"), ("[]", "there is no access_token in it"),
        (#"{"expires_in": 3600}"#, "there is no access_token in it"),
        (#"{"access_token": 1, "expires_in": 3600}"#, "there is no access_token in it"),
        (#"{"access_token": "geheim\n", "expires_in": 3600}"#, "access_token has a character that no token has"),
        (#"{"access_token": "geheim"}"#, "expires_in is no number of seconds"),
        (#"{"access_token": "geheim", "expires_in": "soon"}"#, "expires_in is no number of seconds"),
        (#"{"access_token": "geheim", "expires_in": 0}"#, "expires_in is no number of seconds"),
        (#"{"access_token": "geheim", "expires_in": 1e300}"#, "expires_in is no number of seconds"),
    ])
    func answersThatAreNone(body: String, says: String) async throws {
        let error = try await failure(["status": 200, "body": body])
        #expect(error.code == .noCredentials && error.message.hasPrefix("~/key.json: "))
        #expect(error.message.contains(says))
    }

    @Test(arguments: [
        (#"{"expireTime": "2030-01-01T00:00:00Z"}"#, "there is no accessToken in it"),
        (#"{"accessToken": "geheim"}"#, "expireTime is no time of ISO 8601"),
        (#"{"accessToken": "geheim", "expireTime": "tomorrow"}"#, "expireTime is no time of ISO 8601"),
    ])
    func answersThatAreNoneInAnothersName(body: String, says: String) async throws {
        try await lab.room.tell(["fail": ["impersonation": ["status": 200, "body": body] as Trouble]])
        let error = try await lab.search(file: lab.impersonated(lab.user)).failure()
        #expect(error.message == "~/key.json as \(GoogleServices.target): the answer cannot be used: \(says)")
    }

    /// What a service repeats of what it was sent is not shown.
    @Test func anEcho() async throws {
        let error = try await failure([
            "status": 403,
            "body": #"{"error": {"message": "no: \#(GoogleServices.clientSecret) \#(GoogleServices.refreshToken)"}}"#,
        ])
        #expect(error.message.contains("no: *** ***"))
    }

    @Test func anEchoOfABearer() async throws {
        let file = try lab.impersonated(lab.account().replacing("private_key_id", "unknown"))
        let error = try await lab.search(file: file).failure()
        #expect(error.code == .denied && error.message.contains("Request had invalid credentials: ***"))
    }

    @Test func silence() async throws {
        try await lab.room.tell(["fail": ["token": ["stall": true, "times": 1] as Trouble]])
        let began = ContinuousClock.now
        _ = try await lab.search(file: lab.user).found()
        // The answer may take ten seconds and not more; then it is asked again.
        #expect(ContinuousClock.now - began < .seconds(29))
    }

    @Test func nobodyThere() async throws {
        let error = try await lab.search(file: lab.user.replacing("token_uri", "http://127.0.0.1:1/token")).failure()
        #expect(error.code == .unreachable && error.message.hasPrefix("~/key.json: 127.0.0.1:1: "))
    }
}
