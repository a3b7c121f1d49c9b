import Foundation
import TestSupport
import Testing

/// Nothing secret is said, written or shown to other processes, whatever happens.
@Suite(.onSeaweedFS) struct S3SecrecyTests {
    private var sandbox: BucketSandbox
    /// The secrets of these tests, none of which may be seen anywhere.
    private static let secrets = [
        TestBucketServer.secretAccessKey, "PROVIDERSECRET", "HEADERSECRET", "TOKENSECRET", "Signature=",
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

    /// What other users of the machine see of it while it runs: its words; and what its own children would inherit.
    @Test func inTheProcessTable() async throws {
        var sandbox = sandbox
        let proxy = try sandbox.proxy(Fault(.stall(after: 0), of: "/a"))
        let running = try sandbox.start(task(", provider: lab").replacingOccurrences(of: ", provider: lab", with: ""))
        for _ in 0..<2000 where proxy.done == [0] { try await Task.sleep(for: .milliseconds(5)) }
        let children = try Program.run(["ps", "-o", "pid=", "--ppid", "\(running.id)"]).output.split { !$0.isNumber }
        for process in [Substring("\(running.id)")] + children {
            let words = (try? TemporaryFolder.text(of: "/proc/\(process)/cmdline")) ?? ""
            #expect(process != "\(running.id)" || words.contains("task.yaml"))
            for secret in Self.secrets { #expect(!words.contains(secret)) }
        }
        for child in children {
            let environment = (try? TemporaryFolder.text(of: "/proc/\(child)/environ")) ?? ""
            for secret in Self.secrets { #expect(!environment.contains(secret)) }
        }
        running.signal(SIGTERM)
        let finished = try await running.end()
        #expect(finished.status == 143)
        expectNothing(in: finished, of: sandbox)
        proxy.expectDone()
    }
}
