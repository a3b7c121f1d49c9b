import Foundation
import HTTP
import Synchronization

/// Microsoft's identity services as `azure-identity.py` imitates them. Started with the first test that asks for it; every test has
/// a laboratory of its own there.
public final class AzureIdentity: Sendable {
    private static let python = PythonTools.path("python")
    private static let script = #filePath.replacing("AzureIdentity.swift", with: "azure-identity.py")
    public static let isHere =
        (try? Program.run([python, "-c", "import azure.identity, jwt, cryptography"]))?.status == 0
    public static let absence = "azure-identity is not in .tools/python: run script/setup"

    public static let shared = StartedOnce<AzureIdentity> { try await start() }

    public let port: Int
    public let securePort: Int
    private let process: ServerProcess

    private init(_ process: ServerProcess, port: Int, securePort: Int) {
        self.process = process
        self.port = port
        self.securePort = securePort
    }

    private static func start() async throws -> AzureIdentity {
        let ports = try FreePorts.take(2)
        let files = try TestAuthority.shared.get().files("good")
        let folder = try TemporaryFolder()
        let words =
            "exec '\(python)' -B '\(script)' \(ports[0]) \(ports[1]) '\(files.certificate)' '\(files.key)' '\(folder.path)'\n"
        let server = AzureIdentity(try ServerProcess(words, in: folder), port: ports[0], securePort: ports[1])
        let client = HTTPClient()
        var once = RetryPolicy()
        once.attempts = 1
        let end = ContinuousClock.now + .seconds(60)
        while true {
            do {
                let address = HTTPAddress(isSecure: false, host: "127.0.0.1", port: server.port)
                _ = try await client.send(HTTPRequest(.get, address), to: PlainHTTPService(), retrying: once)
                return server
            } catch {
                guard ContinuousClock.now < end, server.process.isRunning else {
                    server.process.kill()
                    throw ServerFailure(what: "not ready: \(error)\n\(server.process.log)")
                }
                try await Task.sleep(for: .milliseconds(100))
            }
        }
    }

    public static func laboratory() async throws -> Laboratory { try Laboratory(in: await shared.server) }

    /// A tenant, an application with its proofs, a machine and an app, for one test.
    public final class Laboratory: Sendable {
        public static let client = "11111111-2222-3333-4444-555555555555"
        public static let secret = "p~Geheim+8/=&x"
        public static let federated = "geheim.eyJhIjoxfQ.token"
        public static let word = "GEHEIMHEADER"

        /// What happens instead of an answer of its own, in this order.
        public enum Failure: Sendable {
            case answer(Int, String = "", [String: String] = [:], times: Int = 1)
            case stall
            case reset
        }

        public let name: String
        private let server: AzureIdentity
        private let file: String

        init(in server: AzureIdentity) throws {
            self.server = server
            name = "lab-" + String(UInt64.random(in: .min ... .max), radix: 36)
            file = "\(server.process.folder)/\(name)"
            try set([
                "tenant": name, "client": Self.client, "secret": Self.secret, "federated": Self.federated,
                "header": Self.word, "life": 3600,
            ])
        }

        public var url: String { "http://127.0.0.1:\(server.port)/\(name)" }
        /// For Microsoft's own client.
        public var secureHost: String { "https://127.0.0.1:\(server.securePort)" }

        /// Variables that lead here.
        public var authority: [String: String] {
            ["AZURE_AUTHORITY_HOST": url, "AZURE_TENANT_ID": name, "AZURE_CLIENT_ID": Self.client]
        }
        public var machine: [String: String] { ["AZURE_POD_IDENTITY_AUTHORITY_HOST": url] }
        public var app: [String: String] {
            ["IDENTITY_ENDPOINT": url + "/msi/token", "IDENTITY_HEADER": Self.word]
        }

        /// Replaces some settings and leaves the others.
        public func set(_ changes: [String: any Sendable]) throws {
            let url = URL(fileURLWithPath: file + ".json")
            var settings: [String: Any] = [:]
            if let data = try? Data(contentsOf: url) {
                settings = try JSONSerialization.jsonObject(with: data) as? [String: Any] ?? [:]
            }
            settings.merge(changes) { $1 }
            try JSONSerialization.data(withJSONObject: settings).write(to: url, options: .atomic)
        }

        public func fail(_ failures: Failure...) throws {
            let plan = failures.map { failure -> any Sendable in
                switch failure {
                case .answer(let status, let body, let headers, let times):
                    ["status": status, "body": body, "headers": headers, "times": times] as [String: any Sendable]
                case .stall: "stall"
                case .reset: "reset"
                }
            }
            try set(["fail": plan])
        }

        /// What was asked: method and target, and the body.
        public var asked: [(line: String, body: String)] {
            let text = (try? TemporaryFolder.text(of: file + ".log")) ?? ""
            return text.split(separator: "\n").compactMap { line in
                let members = try? JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: String]
                return members.map { ("\($0["method"] ?? "") \($0["target"] ?? "")", $0["body"] ?? "") }
            }
        }
    }
}
