import JSON
import Platform
import Synchronization
import TestSupport
import Testing

@testable import ObjectStore

/// A machine and Google's services, for one test.
struct GoogleLab {
    let machine: TestMachine
    let room: GoogleServices.Room
    private let storage: GoogleStorage

    /// Tokens are believed by the clock on the wall.
    init() async throws {
        machine = try TestMachine()
        machine.clock.withLock { $0 = Timestamp.secondsNow }
        room = try await GoogleServices.shared.server.room()
        storage = try await GoogleStorage.shared.server
    }

    // MARK: Searches

    func search(
        _ variables: [String: String] = [:], _ change: (inout GoogleCredentialRequest) -> Void = { _ in }
    ) -> GoogleCredentialSearch {
        var request = GoogleCredentialRequest(owner: "provider lab")
        request.mayUseMachine = true
        change(&request)
        return request.search(on: machine.machine(variables))
    }

    /// With a file of the operator's, unless the test says otherwise.
    func search(
        file: JSONValue, _ variables: [String: String] = [:],
        _ change: (inout GoogleCredentialRequest) -> Void = { _ in }
    ) throws -> GoogleCredentialSearch {
        try machine.write(file.pretty, to: "key.json")
        return search(variables) {
            $0.keyFile = "~/key.json"
            $0.isOperators = true
            change(&$0)
        }
    }

    // MARK: What the tokens are worth

    /// A bucket with one object in it.
    func bucket() async throws -> String {
        let bucket = try await storage.makeBucket()
        try await GCSTestStore.make(on: storage, bucket: bucket).put("a", "content")
        return bucket
    }

    func store(_ tokens: any BearerTokenSource, bucket: String) async throws -> GCSStore {
        try await GCSTestStore.make(on: storage, bucket: bucket, tokens: tokens)
    }

    /// Reads an object with it: the storage verifies the token and its scope.
    func reads(_ tokens: any BearerTokenSource) async throws -> Bool {
        let store = try await store(tokens, bucket: try await bucket())
        return try await store.read("a", .whole, of: nil, into: .bytes(limit: 100)).bytes == Array("content".utf8)
    }

    // MARK: Files

    /// As `gcloud auth application-default login` leaves it.
    var user: JSONValue {
        [
            "type": "authorized_user", "account": "", "client_id": .string(GoogleServices.client),
            "client_secret": .string(GoogleServices.clientSecret),
            "refresh_token": .string(GoogleServices.refreshToken), "token_uri": .string(room.url("/token")),
            "quota_project_id": "billed", "universe_domain": "googleapis.com",
        ]
    }

    /// The same of somebody who signs in elsewhere.
    var workforceUser: JSONValue {
        [
            "type": "external_account_authorized_user", "audience": .string(GoogleServices.workforce),
            "client_id": .string(GoogleServices.client), "client_secret": .string(GoogleServices.clientSecret),
            "refresh_token": .string(GoogleServices.refreshToken), "token_url": .string(room.url("/v1/oauthtoken")),
            "token_info_url": .string(room.url("/v1/introspect")),
        ]
    }

    /// Whose signatures are believed.
    func account() throws -> JSONValue {
        try JSONValue(reading: try #require(storage.account).content)
            .replacing("token_uri", .string(room.url("/token"))).replacing("universe_domain", "googleapis.com")
    }

    func external(_ source: JSONValue, type: String = "urn:ietf:params:oauth:token-type:jwt") -> JSONValue {
        [
            "type": "external_account", "audience": .string(GoogleServices.audience),
            "subject_token_type": .string(type),
            "token_url": .string(room.url("/v1/token")), "credential_source": source,
        ]
    }

    /// A question that Google may ask Amazon in this machine's name.
    func amazon(_ source: JSONValue = ["environment_id": "aws1"]) -> JSONValue {
        let url = "https://sts.{region}.amazonaws.com?Action=GetCallerIdentity&Version=2011-06-15"
        return external(
            source.replacing("regional_cred_verification_url", .string(url)),
            type: "urn:ietf:params:aws:token-type:aws4_request")
    }

    var impersonation: JSONValue {
        .string(room.url("/v1/projects/-/serviceAccounts/\(GoogleServices.target):generateAccessToken"))
    }

    func impersonated(_ source: JSONValue) -> JSONValue {
        [
            "type": "impersonated_service_account", "source_credentials": source, "delegates": [],
            "service_account_impersonation_url": impersonation,
        ]
    }

    static let amazonVariables = [
        "AWS_ACCESS_KEY_ID": GoogleServices.amazonKeys.0, "AWS_SECRET_ACCESS_KEY": GoogleServices.amazonKeys.1,
        "AWS_REGION": "eu-central-1",
    ]

    /// What no message may show.
    static let secrets = [
        GoogleServices.refreshToken, GoogleServices.clientSecret, GoogleServices.subjectToken, "geheim", "BEGIN", "eyJ",
    ]
}

extension JSONValue {
    /// With another member, or without it.
    func replacing(_ name: String, _ value: JSONValue?) -> JSONValue {
        guard case .object(let members) = self else { return self }
        return .object(members.filter { $0.name != name } + (value.map { [Member(name, $0)] } ?? []))
    }

    /// The same within a member that is an object.
    func replacing(_ outer: String, _ name: String, _ value: JSONValue?) -> JSONValue {
        replacing(outer, self[outer]?.replacing(name, value))
    }
}
