import Glibc
import HTTP
import Platform
public import Signing

/// moto, which imitates Amazon's services: here the token service, with buckets for whom it gives credentials to. It
/// believes everybody until it is told not to.
public final class Moto: Sendable {
    private static let program = PythonTools.path("moto_server")
    public static let isHere = access(program, X_OK) == 0
    public static let absence = "moto is not in .tools/python: run script/setup"

    public let buckets: TestBucketServer
    private let client = HTTPClient()
    public var port: Int { buckets.port }

    private init(_ buckets: TestBucketServer) {
        self.buckets = buckets
    }

    /// One of its own for each test: whom it believes is a matter of the whole server.
    public static func start() async throws -> Moto {
        let folder = try TemporaryFolder()
        let port = try FreePorts.take(1)[0]
        let process = try ServerProcess("exec \(program) -H 127.0.0.1 -p \(port)\n", in: folder)
        let buckets = TestBucketServer(process, port: port)
        try await buckets.waitUntilReady(seconds: 180)
        return Moto(buckets)
    }

    /// A role that may do everything.
    public func makeRole(_ name: String) async throws -> String {
        _ = try await ask("iam", ["Action=CreateRole", "RoleName=\(name)", "AssumeRolePolicyDocument=%7B%7D"])
        let policy = #"{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}"#
        _ = try await ask(
            "iam",
            [
                "Action=PutRolePolicy", "RoleName=\(name)", "PolicyName=all",
                "PolicyDocument=\(PercentEncoding.component(policy))",
            ])
        return "arn:aws:iam::123456789012:role/\(name)"
    }

    /// Whose credentials these are, as the token service says; it fails when that does not believe them.
    public func callerIdentity(_ credentials: AWSCredentials) async throws -> String {
        let answer = try await ask("sts", ["Action=GetCallerIdentity"], as: credentials)
        let arn = answer.split(separator: "<Arn>").dropFirst().first?.prefix { $0 != "<" }
        return arn.map(String.init) ?? ""
    }

    /// From here on, signatures and tokens are verified, and so is whether they may do what they ask for.
    public func verifyFromNowOn() async throws {
        let address = HTTPAddress(isSecure: false, host: "127.0.0.1", port: port, path: "/moto-api/reset-auth")
        try await send(HTTPRequest(.post, address, headers: ["Content-Type": "text/plain"], body: .bytes([0x30])))
    }

    private func ask(
        _ service: String, _ items: [String], as credentials: AWSCredentials = TestBucketServer.owner
    ) async throws -> String {
        let address = HTTPAddress(isSecure: false, host: "127.0.0.1", port: port)
        let version = service == "iam" ? "2010-05-08" : "2011-06-15"
        let body = Array((items + ["Version=\(version)"]).joined(separator: "&").utf8)
        var request = HTTPRequest(
            .post, address, headers: ["Content-Type": "application/x-www-form-urlencoded"], body: .bytes(body))
        let signable = SignableRequest(
            method: "POST", host: address.authority, path: "/",
            headers: request.headers.lines.map { ($0.name, $0.value) }, payload: .init(of: body))
        let signer = SigV4(region: "us-east-1", service: service)
        for (name, value) in signer.headers(for: signable, credentials: credentials, at: time(nil)) {
            request.headers[name] = value
        }
        return try await send(request)
    }

    @discardableResult
    private func send(_ request: HTTPRequest) async throws -> String {
        let response = try await client.send(request, to: PlainHTTPService())
        let text = String(decoding: response.body, as: UTF8.self)
        guard response.isSuccess else { throw ServerFailure(what: "moto answers \(response.status): \(text)") }
        return text
    }
}
