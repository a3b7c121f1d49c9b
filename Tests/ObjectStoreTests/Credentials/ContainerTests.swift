import Signing
import Synchronization
import TestSupport
import Testing

@testable import ObjectStore

struct ContainerTests {
    private let lab: TestMachine
    private let server: ScriptedServer
    private let asked: TokensSeen

    private final class TokensSeen: Sendable {
        let seen = Mutex<[String?]>([])
        let answer = Mutex<(Int, String)>((200, ""))
    }

    init() throws {
        lab = try TestMachine()
        let asked = TokensSeen()
        self.asked = asked
        server = try ScriptedServer { request, connection in
            asked.seen.withLock { $0.append(request["Authorization"]) }
            let (status, body) = asked.answer.withLock { $0 }
            try connection.answer(request.target == "/creds?x=1" ? status : 404, [:], body)
        }
        answer(200, keys())
    }

    private func answer(_ status: Int, _ body: String) { asked.answer.withLock { $0 = (status, body) } }

    private func keys(_ number: Int = 1) -> String {
        #"{"AccessKeyId": "ASIACONTAINER000000\#(number)", "SecretAccessKey": "s", "Token": "t", "#
            + #""Expiration": "\#(lab.time(in: 3600))", "RoleArn": "arn:aws:iam::1:role/task"}"#
    }

    private func search(_ variables: [String: String] = [:]) -> AWSCredentialSearch {
        let url = ["AWS_CONTAINER_CREDENTIALS_FULL_URI": "http://127.0.0.1:\(server.port)/creds?x=1"]
        return lab.search(url.merging(variables) { $1 })
    }

    @Test func roleOfTheContainer() async throws {
        let search = search(["AWS_CONTAINER_AUTHORIZATION_TOKEN": "Basic abc"])
        #expect(try await search.found().accessKeyID == "ASIACONTAINER0000001")
        #expect(try await search.origin().description == "container role arn:aws:iam::1:role/task")
        #expect(asked.seen.withLock { $0 } == ["Basic abc"])
    }

    /// The token's file counts more than the variable, and is read again each time.
    @Test func tokenFromAFile() async throws {
        try lab.write("first\n", to: "token")
        let search = search([
            "AWS_CONTAINER_AUTHORIZATION_TOKEN": "no", "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE": lab.home.path("token"),
        ])
        let old = try await search.found()
        try lab.write("second\n", to: "token")
        answer(200, keys(2))
        #expect(await search.renew(after: old))
        #expect(asked.seen.withLock { $0 } == ["first", "second"])
    }

    @Test func tokensThatWouldForgeHeaders() async throws {
        try lab.write("a\r\nHost: evil", to: "token")
        let error = try await search(["AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE": lab.home.path("token")]).failure()
        #expect(error.message.contains("more than one line"))
        #expect(server.requests == 0)
    }

    @Test func refusals() async throws {
        answer(400, #"{"code": "AccessDenied", "message": "not for you"}"#)
        let error = try await search().failure()
        #expect(error.code == .denied)
        #expect(error.message.hasSuffix("the answer has status 400: AccessDenied: not for you"))
        answer(200, #"{"AccessKeyId": "a", "SecretAccessKey": "s"}"#)
        #expect(try await search().failure().message.contains("no Token"))
        answer(200, "<html>")
        #expect(try await search().failure().message.contains("no JSON"))
    }

    @Test(arguments: [
        ("http://127.0.0.1:8080/x", true), ("http://127.9.9.9/x", true), ("http://localhost/x", true),
        ("http://[::1]/x", true), ("http://169.254.170.2/x", true), ("http://169.254.170.23/v1/credentials", true),
        ("http://[fd00:ec2::23]/v1", true), ("https://keys.example/x", true), ("http://keys.example/x", false),
        ("http://169.254.169.254/x", false), ("http://10.0.0.1/x", false), ("http://127.0.0.1.evil.example/", false),
        ("http://127.0.0/x", false), ("http://127.0.0.256/x", false), ("ftp://127.0.0.1/x", false),
        ("http://a@127.0.0.1/x", false),
    ])
    func hosts(url: String, isAllowed: Bool) {
        let address = try? AWSContainerCredentials.address(url, "AWS_CONTAINER_CREDENTIALS_FULL_URI")
        #expect((address != nil) == isAllowed)
    }
}
