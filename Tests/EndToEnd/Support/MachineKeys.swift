import Synchronization
import TestSupport

/// Keys that a machine has of its own, wherever it has them. Services that give keys are a server of the test's, which gives
/// other ones each time.
struct MachineKeys {
    enum Place: String, CaseIterable, Sendable {
        case environment, profile, webIdentity, container, instance

        /// What somebody is told of who he is.
        var name: String {
            switch self {
            case .environment: "environment AWS_ACCESS_KEY_ID "
            case .profile: "profile default in "
            case .webIdentity: "web identity of AWS_ROLE_ARN arn:aws:sts::123456789012:assumed-role/reader/"
            case .container: "container role arn:aws:iam::123456789012:role/reader"
            case .instance: "instance role reader"
            }
        }

        /// Those that are asked for by requests.
        static let services: [Place] = [.webIdentity, .container, .instance]
    }

    /// Of each key; a number follows.
    static let id = "ASIAOFTHEMACHINE000"
    static let secret = "hush-of-the-machine"

    let variables: [String: String]
    private let server: ScriptedServer
    private let given: Counter

    private final class Counter: Sendable {
        private let state = Mutex(0)

        var count: Int { state.withLock { $0 } }

        func next() -> Int {
            state.withLock { count in
                count += 1
                return count
            }
        }
    }

    /// So many keys were given.
    var count: Int { given.count }
    /// So often it was asked anything.
    var requests: Int { server.requests }

    /// With an identity the services are asked by TLS.
    init(in place: Place, _ files: CopySandbox, identity: TLSIdentity? = nil) throws {
        let given = Counter()
        self.given = given
        server = try ScriptedServer(identity: identity) { request, connection in
            try Self.answer(request, connection, given)
        }
        let service = (identity == nil ? "http://127.0.0.1:" : "https://localhost:") + String(server.port)
        var variables = place == .instance ? [:] : ["AWS_EC2_METADATA_DISABLED": "true"]
        switch place {
        case .environment:
            variables["AWS_ACCESS_KEY_ID"] = Self.id + "1"
            variables["AWS_SECRET_ACCESS_KEY"] = Self.secret
        case .profile:
            let keys = "[default]\naws_access_key_id = \(Self.id)1\naws_secret_access_key = \(Self.secret)\n"
            try files.write(["keys": keys])
            variables["AWS_SHARED_CREDENTIALS_FILE"] = files.path("keys")
        case .webIdentity:
            try files.write(["token": "header.claims.signature\n"])
            variables["AWS_ROLE_ARN"] = "arn:aws:iam::123456789012:role/reader"
            variables["AWS_WEB_IDENTITY_TOKEN_FILE"] = files.path("token")
            variables["AWS_ENDPOINT_URL_STS"] = service
        case .container: variables["AWS_CONTAINER_CREDENTIALS_FULL_URI"] = service + "/keys"
        case .instance: variables["AWS_EC2_METADATA_SERVICE_ENDPOINT"] = service
        }
        self.variables = variables
    }

    private static func answer(
        _ request: ReceivedRequest, _ connection: ScriptedConnection, _ given: Counter
    ) throws {
        let path = "/latest/meta-data/iam/security-credentials/"
        let end = "2099-01-01T00:00:00Z"
        switch (request.method, request.target) {
        case ("PUT", "/latest/api/token"): try connection.answer(200, [:], "TOKEN==")
        case ("GET", let target) where target == path: try connection.answer(200, [:], "reader")
        case ("POST", _):
            try connection.answer(
                200, ["Content-Type": "text/xml"],
                """
                <AssumeRoleWithWebIdentityResponse><AssumeRoleWithWebIdentityResult><AssumedRoleUser>
                <Arn>arn:aws:sts::123456789012:assumed-role/reader/x</Arn></AssumedRoleUser><Credentials>
                <AccessKeyId>\(id)\(given.next())</AccessKeyId><SecretAccessKey>\(secret)</SecretAccessKey>
                <SessionToken>token</SessionToken><Expiration>\(end)</Expiration></Credentials>
                </AssumeRoleWithWebIdentityResult></AssumeRoleWithWebIdentityResponse>
                """)
        default:
            try connection.answer(
                200, ["Content-Type": "application/json"],
                """
                {"Code": "Success", "AccessKeyId": "\(id)\(given.next())", "SecretAccessKey": "\(secret)",
                 "Token": "token", "Expiration": "\(end)", "RoleArn": "arn:aws:iam::123456789012:role/reader"}
                """)
        }
    }
}
