import Signing
import Synchronization
import TestSupport
import Testing

@testable import ObjectStore

struct SingleSignOnTests {
    private let lab: TestMachine
    private let server: ScriptedServer
    private let status: Status

    private final class Status: Sendable {
        let value = Mutex(200)
        let seen = Mutex<[String]>([])
    }

    private let profile = """
        [profile dev]
        sso_session = corp
        sso_account_id = 123456789012
        sso_role_name = Reader Role
        [sso-session corp]
        sso_start_url = https://corp.awsapps.com/start
        sso_region = eu-central-1
        [profile old]
        sso_start_url = https://corp.awsapps.com/start
        sso_region = eu-central-1
        sso_account_id = 123456789012
        sso_role_name = Reader Role

        """

    init() throws {
        lab = try TestMachine()
        let status = Status()
        self.status = status
        let expiration = (lab.now + 3600) * 1000
        server = try ScriptedServer { request, connection in
            status.seen.withLock { $0.append("\(request.target) \(request["x-amz-sso_bearer_token"] ?? "")") }
            try connection.answer(
                status.value.withLock { $0 }, [:],
                """
                {"roleCredentials": {"accessKeyId": "ASIASSO0000000000001", "secretAccessKey": "s",
                 "sessionToken": "t", "expiration": \(expiration)}}
                """)
        }
        try lab.write(profile, to: ".aws/config")
        try Files.makeFolder(lab.home.path(".aws/sso"))
        try Files.makeFolder(lab.home.path(".aws/sso/cache"))
    }

    /// The names of the cache's files: `corp` and the start URL, as sha1sum has them.
    private let ofSession = "ee0bfd2552fbd840c02cc48b6e823320543c450f"
    private let ofStartURL = "a51746d4aa793ae07b25e90c3a5db96fc7832bd7"

    private func signIn(_ name: String, expires: String) throws {
        try lab.write(
            #"{"startUrl": "https://corp.awsapps.com/start", "accessToken": "TOKEN", "expiresAt": "\#(expires)"}"#,
            to: ".aws/sso/cache/\(name).json")
    }

    private func search(_ profile: String) -> AWSCredentialSearch {
        lab.search(["AWS_ENDPOINT_URL_SSO": "http://127.0.0.1:\(server.port)"]) { $0.profile = profile }
    }

    @Test func roleOfASession() async throws {
        try signIn(ofSession, expires: lab.time(in: 100))
        let search = search("dev")
        #expect(try await search.found().accessKeyID == "ASIASSO0000000000001")
        #expect(
            status.seen.withLock { $0 } == [
                "/federation/credentials?role_name=Reader%20Role&account_id=123456789012 TOKEN"
            ])
        #expect(
            try await search.origin().description
                == "single sign-on of profile dev in ~/.aws/config Reader Role in account 123456789012")
    }

    /// As it was written before there were sessions.
    @Test func roleOfAStartURL() async throws {
        let expires = lab.time(in: 100).dropLast() + "UTC"
        try signIn(ofStartURL, expires: String(expires))
        #expect(try await search("old").found().accessKeyID == "ASIASSO0000000000001")
    }

    @Test func signedInNever() async throws {
        let error = try await search("dev").failure()
        #expect(error.code == .expiredCredentials)
        #expect(error.message.contains("nobody has signed in; run `aws sso login --profile dev`"))
    }

    @Test func loginHasExpired() async throws {
        try signIn(ofSession, expires: lab.time(in: -1))
        let error = try await search("dev").failure()
        #expect(error.code == .expiredCredentials)
        #expect(error.message.contains("the login has expired"))
        #expect(error.message.contains("aws sso login --profile dev"))
        #expect(server.requests == 0)
    }

    @Test(arguments: [(401, StoreError.Code.expiredCredentials), (403, .denied)])
    func refusals(status: Int, code: StoreError.Code) async throws {
        try signIn(ofSession, expires: lab.time(in: 100))
        self.status.value.withLock { $0 = status }
        #expect(try await search("dev").failure().code == code)
    }

    @Test func halfAProfile() async throws {
        try lab.write("[profile half]\nsso_session = gone\n[profile part]\nsso_start_url = x\n", to: ".aws/config")
        #expect(try await search("half").failure().message.contains("has no section [sso-session gone]"))
        #expect(
            try await search("part").failure().message.contains(
                "has no sso_region, no sso_account_id, no sso_role_name"))
    }
}
