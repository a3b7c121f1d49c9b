import Foundation
import HTTP
import Platform

/// Google's services that give tokens, an issuer of subject tokens and the metadata service of an instance of Amazon's, all imitated
/// (`google-services.py`). Each test has a room with ports and troubles of its own. The tokens are ones that `GoogleStorage` believes.
public final class GoogleServices: Sendable {
    public static let refreshToken = "refresh-geheim"
    public static let client = "lab.apps.example"
    public static let clientSecret = "client-geheim"
    public static let subjectToken = "subject-geheim"
    public static let audience =
        "//iam.googleapis.com/projects/1/locations/global/workloadIdentityPools/pool/providers/lab"
    public static let workforce = "//iam.googleapis.com/locations/global/workforcePools/pool/providers/lab"
    /// That pays for the exchanges of persons.
    public static let project = "people"
    /// Whom others may act for.
    public static let target = "target@project.iam.gserviceaccount.com"
    /// Keys of Amazon's that are believed; the second are those of an instance.
    public static let amazonKeys = ("AKIDLAB000000000001", "amazon/geheim+1")
    private static let instanceKeys = ("ASIALAB000000000001", "amazon/geheim+2", "session-geheim")

    public static let isHere =
        GoogleStorage.isHere && (try? Program.run([GoogleStorage.python, "-c", "import botocore"]))?.status == 0
    public static let absence = "google-auth or botocore is not in .tools/python: run script/setup"
    private static let script = #filePath.replacing("GoogleServices.swift", with: "google-services.py")

    public static let shared = StartedOnce<GoogleServices> {
        let storage = try await GoogleStorage.shared.server
        guard let account = storage.account else { throw ServerFailure(what: "no account is believed") }
        let folder = try TemporaryFolder()
        let known: [String: Any] = [
            "account": try JSONSerialization.jsonObject(with: Data(account.content)),
            "certificate": try String(contentsOfFile: account.certificate, encoding: .utf8),
            "client": client, "client_secret": clientSecret, "refresh_token": refreshToken,
            "subject_token": subjectToken, "audience": audience, "workforce": workforce, "project": project,
            "target": target,
            "amazon": [
                amazonKeys.0: ["secret": amazonKeys.1],
                instanceKeys.0: ["secret": instanceKeys.1, "token": instanceKeys.2],
            ],
        ]
        let text = String(decoding: try JSONSerialization.data(withJSONObject: known), as: UTF8.self)
        try folder.write(text, to: "known.json")
        let port = try FreePorts.take(1)[0]
        let process = try ServerProcess(
            "exec '\(GoogleStorage.python)' '\(script)' \(port) '\(folder.path("known.json"))'\n", in: folder)
        let services = GoogleServices(process, port: port)
        try await services.waitUntilReady(seconds: 60)
        return services
    }

    private let process: ServerProcess
    private let port: Int
    private let client = HTTPClient()

    private init(_ process: ServerProcess, port: Int) {
        self.process = process
        self.port = port
    }

    /// What one test has to itself.
    public struct Room: Sendable {
        public let port: Int
        fileprivate let services: GoogleServices

        /// An address of it.
        public func url(_ path: String) -> String { "http://127.0.0.1:\(port)\(path)" }

        /// From here on it does as this document says: `life` of tokens in seconds, `delay` before each, `fail` with what goes wrong
        /// where, and how often.
        public func tell(_ settings: [String: any Sendable]) async throws {
            let body = try JSONSerialization.data(withJSONObject: settings)
            _ = try await services.ask(.put, "/rooms/\(port)", Array(body))
        }

        /// What it was asked, in order: "token", "exchange", "metadata-email".
        public func asked() async throws -> [String] { try await asked("at") }

        /// The same by another thing that is known of each: "host", "target".
        public func asked(_ field: String) async throws -> [String] {
            struct Answer: Decodable { let asked: [[String: String]] }
            let answer = try await services.ask(.get, "/rooms/\(port)", nil)
            return try JSONDecoder().decode(Answer.self, from: Data(answer)).asked.map { $0[field] ?? "" }
        }
    }

    public func room() async throws -> Room {
        struct Answer: Decodable { let port: Int }
        let answer = try await ask(.post, "/rooms", [])
        return Room(port: try JSONDecoder().decode(Answer.self, from: Data(answer)).port, services: self)
    }

    fileprivate func ask(_ method: HTTPMethod, _ path: String, _ body: [UInt8]?) async throws -> [UInt8] {
        let address = HTTPAddress(isSecure: false, host: "127.0.0.1", port: port, path: path)
        let request = HTTPRequest(method, address, body: body.map { .bytes($0) })
        var once = RetryPolicy()
        once.attempts = 1
        let response = try await client.send(request, to: PlainHTTPService(), retrying: once)
        guard response.isSuccess else { throw ServerFailure(what: "\(path): \(response.status)") }
        return response.body
    }

    private func waitUntilReady(seconds: Int) async throws {
        let end = ContinuousClock.now + .seconds(seconds)
        while true {
            do {
                _ = try await ask(.get, "/", nil)
                return
            } catch {
                guard ContinuousClock.now < end, process.isRunning else {
                    process.kill()
                    throw ServerFailure(what: "not ready: \(error)\n\(process.log)")
                }
                try await Task.sleep(for: .milliseconds(100))
            }
        }
    }
}
