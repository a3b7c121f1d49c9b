import Foundation
import TestSupport
import Testing

/// Copies by way of the proxies that the environment names.
@Suite struct ProxyTests {
    private let sandbox: CopySandbox
    private static let bytes = (0..<300_000).map { UInt8(truncatingIfNeeded: $0 &* 2_654_435_761 >> 11) }
    private static let user = "user:hush-hush"

    init() throws {
        sandbox = try CopySandbox()
    }

    private func serve(_ identity: TLSIdentity? = nil) throws -> ScriptedServer {
        let file = WebFile(Self.bytes)
        return try ScriptedServer(identity: identity) { try file.answer($0, $1) }
    }

    private func run(_ url: String, _ keys: String, _ environment: [String: String]) async throws -> Finished {
        let task = "file_mounts: {\(sandbox.path("dst")): {source: \"\(url)\"\(keys.isEmpty ? "" : ", " + keys)}}"
        return try await Program.start(
            try sandbox.words(task, []), environment: environment, in: sandbox.folder.path
        ).end()
    }

    private var isCopied: Bool {
        (try? Data(contentsOf: URL(filePath: sandbox.path("dst")))).map { [UInt8]($0) } == Self.bytes
    }

    /// TLS is between us and the server: the proxy sees neither headers nor names of files, and the server no password.
    @Test(arguments: ["https_proxy", "HTTPS_PROXY", "all_proxy"])
    func httpsThroughATunnel(name: String) async throws {
        let authority = try TestAuthority.shared.get()
        let server = try serve(try authority.identity("good"))
        let proxy = try RelayProxy(to: server.port)
        let finished = try await run(
            "https://localhost:\(server.port)/secret-name", "tls_verify: \(authority.file), headers: {X-Token: abc}",
            [name: "http://\(Self.user)@127.0.0.1:\(proxy.port)"])
        #expect(finished.status == 0, "\(finished.output)\(finished.errors)")
        #expect(isCopied)
        #expect(server.requests > 0)
        #expect(!proxy.requests.isEmpty)
        for request in proxy.requests {
            #expect(request.line == "CONNECT localhost:\(server.port) HTTP/1.1")
            #expect(request["Proxy-Authorization"]?.hasPrefix("Basic ") == true)
            #expect(request["X-Token"] == nil)
        }
    }

    @Test func aTunnelToSomebodyElse() async throws {
        let authority = try TestAuthority.shared.get()
        let server = try serve(try authority.identity("other"))
        let proxy = try RelayProxy(to: server.port)
        let finished = try await run(
            "https://localhost:\(server.port)/x", "tls_verify: \(authority.file)",
            ["https_proxy": "http://127.0.0.1:\(proxy.port)"])
        #expect(finished.status == 69, "\(finished.output)\(finished.errors)")
        #expect(server.requests == 0)
        #expect(proxy.requests.count == 1)
    }

    /// The name is the proxy's to find.
    @Test(arguments: ["http_proxy", "HTTP_PROXY"])
    func plainHTTP(name: String) async throws {
        let server = try serve()
        let proxy = try RelayProxy(to: server.port)
        let finished = try await run(
            "http://files.example/x", "", [name: "http://127.0.0.1:\(proxy.port)"])
        #expect(finished.status == 0, "\(finished.output)\(finished.errors)")
        #expect(isCopied)
        #expect(proxy.requests.allSatisfy { $0.target == "http://files.example/x" })
        #expect(proxy.requests.count == server.requests)
    }

    @Test(arguments: ["127.0.0.1", "*", "127.0.0.0/8"])
    func exceptions(text: String) async throws {
        let server = try serve()
        let proxy = try RelayProxy(to: server.port)
        let finished = try await run(
            "http://127.0.0.1:\(server.port)/x", "", ["http_proxy": "http://127.0.0.1:\(proxy.port)", "NO_PROXY": text])
        #expect(finished.status == 0)
        #expect(isCopied)
        #expect(proxy.requests.isEmpty)
    }

    /// It is named, its password is not, and it is not asked again and again.
    @Test(arguments: [407, 403], ["https", "http"])
    func refusals(status: Int, scheme: String) async throws {
        // What is no 407 and not about a tunnel may be the server's as well.
        guard status == 407 || scheme == "https" else { return }
        let proxy = try RelayProxy(to: 1, refusal: status)
        let finished = try await run(
            "\(scheme)://files.example/x", "", ["all_proxy": "http://\(Self.user)@127.0.0.1:\(proxy.port)"])
        #expect(finished.status == 69, "\(finished.output)\(finished.errors)")
        let said = finished.output + finished.errors
        #expect(said.contains("the proxy http://127.0.0.1:\(proxy.port) of all_proxy refuses"), "\(said)")
        #expect(said.contains("\(status)"))
        #expect(!said.contains("hush-hush"))
        #expect(proxy.requests.count == 1)
    }

    /// What a metadata service says is a secret, and a proxy would answer for another machine.
    @Test func neverForMetadataServices() async throws {
        let server = try serve()
        let proxy = try RelayProxy(to: server.port)
        let secrets = try ScriptedServer { _, connection in
            try connection.answer(
                200, ["Content-Type": "application/json"],
                #"{"AccessKeyId": "AKIDTEST", "SecretAccessKey": "s", "Token": "t", "Expiration": "2099-01-01T00:00:00Z"}"#
            )
        }
        let task = "file_mounts: {\(sandbox.path("dst")): {source: s3://data/x, mode: COPY, region: eu-west-1}}"
        _ = try await Program.start(
            try sandbox.words(task, ["--dry-run"]),
            environment: [
                "http_proxy": "http://127.0.0.1:\(proxy.port)", "AWS_ENDPOINT_URL_S3": "http://storage.example",
                "AWS_CONTAINER_CREDENTIALS_FULL_URI": "http://127.0.0.1:\(secrets.port)/role",
                "AWS_EC2_METADATA_DISABLED": "true",
            ], in: sandbox.folder.path
        ).end()
        #expect(secrets.requests == 1)
        #expect(!proxy.requests.isEmpty)
        #expect(proxy.requests.allSatisfy { $0.target.hasPrefix("http://storage.example/") })
        #expect(proxy.requests.contains { $0["Authorization"]?.contains("AKIDTEST") == true })
    }
}
