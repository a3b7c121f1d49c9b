import Signing
import Synchronization
import TestSupport

/// What a server's threads and a test share.
final class Shared<Value: Sendable>: Sendable {
    private let value: Mutex<Value>

    init(_ value: Value) { self.value = Mutex(value) }

    func withLock<Result: Sendable>(_ body: (inout Value) -> Result) -> Result {
        value.withLock { value in
            var copy = value
            defer { value = copy }
            return body(&copy)
        }
    }
}

/// The metadata service of an instance that exists only in a test: version 2, and version 1 would be given to anybody
/// who asked for it.
final class TestInstance: Sendable {
    struct Behaviour: Sendable {
        var tokenStatus = 200
        var role: String? = "worker"
        var keys = 1
        var expiration = "2027-01-15T14:00:00Z"
        var code = "Success"
        var isSilent = false
        /// It knows of no tokens.
        var isVersionOne = false
        var failures = 0
    }

    let behaviour = Shared(Behaviour())
    private let log = Shared<[String]>([])
    /// Method and target of each request.
    var targets: [String] { log.withLock { $0 } }
    private let server: ScriptedServer

    init() throws {
        server = try ScriptedServer { [behaviour, log] request, connection in
            log.withLock { $0.append("\(request.method) \(request.target)") }
            let state = behaviour.withLock { state in
                defer { state.failures = max(0, state.failures - 1) }
                return state
            }
            if state.isSilent { return connection.stall() }
            if state.failures > 0 { return try connection.answer(503) }
            let path = "/latest/meta-data/iam/security-credentials/"
            switch (request.method, request.target) {
            case ("PUT", "/latest/api/token"):
                let asksForTime = request["X-aws-ec2-metadata-token-ttl-seconds"] == "21600"
                try connection.answer(asksForTime ? state.tokenStatus : 400, [:], "TOKEN==")
            case ("GET", let target) where target.hasPrefix(path):
                guard request["X-aws-ec2-metadata-token"] == (state.isVersionOne ? nil : "TOKEN==") else {
                    return try connection.answer(401)
                }
                guard let role = state.role else { return try connection.answer(404) }
                guard target == path + role else { return try connection.answer(target == path ? 200 : 404, [:], role) }
                let json = """
                    {"Code": "\(state.code)", "Type": "AWS-HMAC", "AccessKeyId": "ASIAINSTANCE0000000\(state.keys)",
                     "SecretAccessKey": "secret", "Token": "token", "Expiration": "\(state.expiration)"}
                    """
                try connection.answer(200, [:], json)
            default: try connection.answer(404)
            }
        }
    }

    var port: Int { server.port }
    var variables: [String: String] { ["AWS_EC2_METADATA_SERVICE_ENDPOINT": "http://127.0.0.1:\(port)/"] }
}

/// A token service that gives a role to whoever asks, unless a test says otherwise, and remembers how it was asked.
final class TestTokenService: Sendable {
    struct Asked: Sendable {
        var form: [String: String]
        var request: ReceivedRequest
    }

    let asked = Shared<[Asked]>([])
    /// Status and body of a refusal.
    let refusal = Shared<(Int, String)?>(nil)
    /// Its clock is an hour ahead of the tests' own, and signatures of another time are refused.
    let isAhead = Shared(false)
    let expiration = Shared("2027-01-15T12:00:00Z")
    var port: Int { server.port }
    private let server: ScriptedServer

    init() throws {
        server = try ScriptedServer { [asked, refusal, expiration, isAhead] request, connection in
            let form = Self.form(request.body)
            let number = asked.withLock { asked in
                asked.append(Asked(form: form, request: request))
                return asked.count
            }
            if let (status, body) = refusal.withLock({ $0 }) { return try connection.answer(status, [:], body) }
            let action = form["Action"] ?? ""
            var headers = ["Content-Type": "text/xml"]
            if isAhead.withLock({ $0 }) {
                headers["Date"] = "Fri, 15 Jan 2027 09:00:00 GMT"
                guard request["x-amz-date"] == "20270115T090000Z" else { return try connection.answer(403, headers) }
            }
            try connection.answer(
                200, headers,
                """
                <\(action)Response xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><\(action)Result>
                <AssumedRoleUser><AssumedRoleId>AROA:x</AssumedRoleId>
                <Arn>arn:aws:sts::123456789012:assumed-role/\(form["RoleArn"]?.split(separator: "/").last ?? "")/x</Arn>
                </AssumedRoleUser><Credentials><AccessKeyId>ASIAROLE00000000000\(number)</AccessKeyId>
                <SecretAccessKey>role/secret+</SecretAccessKey><SessionToken>a&amp;b</SessionToken>
                <Expiration>\(expiration.withLock { $0 })</Expiration></Credentials></\(action)Result>
                <ResponseMetadata><RequestId>42</RequestId></ResponseMetadata></\(action)Response>
                """)
        }
    }

    var variables: [String: String] { ["AWS_ENDPOINT_URL_STS": "http://127.0.0.1:\(port)"] }
    var forms: [[String: String]] { asked.withLock { $0.map(\.form) } }

    func refuse(_ status: Int, _ code: String, _ message: String) {
        let body = """
            <ErrorResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><Error><Type>Sender</Type>
            <Code>\(code)</Code><Message>\(message)</Message></Error><RequestId>42</RequestId></ErrorResponse>
            """
        refusal.withLock { $0 = (status, body) }
    }

    private static func form(_ body: [UInt8]) -> [String: String] {
        var form: [String: String] = [:]
        for pair in String(decoding: body, as: UTF8.self).split(separator: "&") {
            let parts = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            guard parts.count == 2 else { continue }
            form[decoded(parts[0])] = decoded(parts[1])
        }
        return form
    }

    private static func decoded(_ text: Substring) -> String {
        let parts = text.split(separator: "%", omittingEmptySubsequences: false)
        var bytes = Array(parts[0].utf8)
        for part in parts.dropFirst() {
            bytes.append(UInt8(part.prefix(2), radix: 16) ?? 0)
            bytes += part.dropFirst(2).utf8
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}
