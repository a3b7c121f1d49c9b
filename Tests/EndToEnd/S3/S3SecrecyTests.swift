import Foundation
import TestSupport
import Testing

/// Nothing secret is said, written or shown to other processes, whatever happens.
@Suite(.onSeaweedFS) struct S3SecrecyTests {
    private var sandbox: BucketSandbox
    /// The secrets of these tests, none of which may be seen anywhere.
    private static let secrets = [
        TestBucketServer.secretAccessKey, "PROVIDERSECRET", "HEADERSECRET", "TOKENSECRET", "VARIABLESECRET",
        "Signature=",
    ]

    init() async throws {
        sandbox = try await BucketSandbox(SeaweedFS.shared, .text(["a": "1", "b": "2"]))
    }

    private func expectNothing(
        in finished: Finished, of sandbox: BucketSandbox, at location: Testing.SourceLocation = #_sourceLocation
    ) {
        var said = finished.output + finished.errors
        for (path, node) in FileTree(sandbox.files.state).nodes {
            said += String(decoding: path, as: UTF8.self)
            if case .file(let bytes) = node.content { said += String(decoding: bytes, as: UTF8.self) }
        }
        for secret in Self.secrets { #expect(!said.contains(secret), "\(said)", sourceLocation: location) }
    }

    private func task(_ keys: String = "") -> String {
        """
        providers:
          lab: {provider: minio, endpoint: "http://127.0.0.1:\(sandbox.port)", access_key: AKIDLAB, secret_key: PROVIDERSECRET}
        """ + "\n" + sandbox.task(nil, "headers: {X-Secret: HEADERSECRET}\(keys)")
    }

    /// What the words at the end are for: text for people, the document, events, and all of it in detail.
    @Test(arguments: [["--output", "text"], ["--output", "json"], ["--output", "ndjson", "-v"], ["--dry-run"]])
    func inOutputs(options: [String]) async throws {
        var sandbox = sandbox
        sandbox.environment["AWS_SESSION_TOKEN"] = ""
        let finished = try await sandbox.start(task(), options).end()
        #expect(finished.status == 0, "\(finished.output)\(finished.errors)")
        expectNothing(in: finished, of: sandbox)
    }

    /// Refusals of servers may repeat what they were sent.
    @Test(arguments: ["SignatureDoesNotMatch", "InvalidAccessKeyId", "ExpiredToken", "AccessDenied", "Weird"])
    func inFailures(code: String) async throws {
        var sandbox = sandbox
        sandbox.environment["AWS_SESSION_TOKEN"] = "TOKENSECRET"
        let echo = """
            <StringToSign>AWS4-HMAC-SHA256 TOKENSECRET</StringToSign><SignatureProvided>Signature=x</SignatureProvided>
            """
        let proxy = try sandbox.proxy(Fault(Fault.refusal(403, code, [:], echo), of: "", times: 1000))
        for options in [["--output", "text"], ["--output", "json", "-v"], ["--dry-run"]] {
            let finished = try await sandbox.start(task(), options).end()
            #expect(finished.status == 77, "\(finished.output)")
            expectNothing(in: finished, of: sandbox)
        }
        #expect((proxy.done.first ?? 0) >= 3)
    }

    @Test func inFailuresOfProviders() async throws {
        for options in [[], ["--dry-run"], ["--output", "text", "-v"]] {
            let finished = try await sandbox.start(task(", provider: lab"), options).end()
            #expect(finished.status == 77, "\(finished.output)")
            expectNothing(in: finished, of: sandbox)
        }
    }

    /// What other users of the machine see of it while it has keys: the words of its processes.
    @Test func inTheProcessTable() async throws {
        var sandbox = sandbox
        let proxy = try sandbox.proxy(Fault(.stall(after: 0), of: "/a"))
        let running = try sandbox.start(task())
        for _ in 0..<2000 where proxy.done == [0] { try await Task.sleep(for: .milliseconds(5)) }
        let processes = try await ProcessTree(of: running.id).processes
        #expect(processes.first?.words.contains("task.yaml") == true)
        for secret in Self.secrets { #expect(!processes.contains { $0.words.contains(secret) }, "\(secret)") }
        running.signal(SIGTERM)
        let finished = try await running.end()
        #expect(finished.status == 143)
        expectNothing(in: finished, of: sandbox)
        proxy.expectDone()
    }

    /// A program that gives keys is told none of the secrets that we have from files, be they its own provider's or another's,
    /// neither by its words nor by its environment; nor is whom it starts.
    @Test func whereAProgramIsAskedForKeys() async throws {
        var sandbox = sandbox
        sandbox.environment = ["AWS_EC2_METADATA_DISABLED": "true"]
        let (asked, answer) = (sandbox.files.path("asked"), sandbox.files.path("answer"))
        let keys = """
            touch '\(asked)'
            while [ ! -e '\(answer)' ]; do sleep 0.1; done
            echo '{"Version": 1, "AccessKeyId": "\(TestBucketServer.accessKeyID)",'
            echo '  "SecretAccessKey": "\(TestBucketServer.secretAccessKey)"}'
            """
        let endpoint = "endpoint: \"http://127.0.0.1:\(sandbox.port)\""
        let providers = """
            other: {provider: minio, \(endpoint), access_key: AKIDLAB, secret_key: PROVIDERSECRET}
            program:
              provider: minio
              \(endpoint)
              credential_process: sh '\(sandbox.files.path("keys"))'
              headers: {X-Provider: TOKENSECRET}
            """
        try sandbox.files.write(["keys": keys, "providers.yaml": providers, "variables": "WORD=VARIABLESECRET\n"])
        let task = sandbox.task(nil, "provider: program, headers: {X-Secret: HEADERSECRET, X-Word: \"${WORD}\"}")
        let running = try sandbox.start(task, ["--providers", "providers.yaml", "--env-file", "variables"])
        for _ in 0..<4000 where !Files.isThere(asked) { try await Task.sleep(for: .milliseconds(5)) }
        let processes = try await ProcessTree(of: running.id).processes
        let program = processes.dropFirst().first { $0.words.contains(sandbox.files.path("keys")) }
        #expect(program?.environment.contains("HOME=") == true)
        for secret in Self.secrets {
            #expect(!processes.contains { $0.words.contains(secret) }, "\(secret)")
            #expect(!processes.dropFirst().contains { $0.environment.contains(secret) }, "\(secret)")
        }
        try Files.write("", to: answer)
        let finished = try await running.end()
        #expect(finished.status == 0, "\(finished.output)\(finished.errors)")
        sandbox.expect(["a": "1", "b": "2"])
        expectNothing(in: finished, of: sandbox)
    }
}
