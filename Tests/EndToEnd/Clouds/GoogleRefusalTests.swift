import Foundation
import TestSupport
import Testing

/// What buckets of Google's refuse, and what is known without asking.
@Suite(.onGoogle) struct GoogleRefusalTests {
    private let server: GoogleStorage
    private let sandbox: BucketSandbox

    init() async throws {
        server = try await GoogleStorage.shared.server
        sandbox = try await BucketSandbox(on: server, .text(["a": "1", "b/c": "22"]))
    }

    /// With a credentials file of the operator's.
    private func task(_ file: [UInt8], _ keys: String = "") throws -> CloudTask {
        try Files.write(file, to: Array(sandbox.files.path("credentials.json").utf8))
        let provider =
            "{provider: google, endpoint: \"http://127.0.0.1:\(sandbox.port)\", "
            + "credentials: \(sandbox.files.path("credentials.json"))\(keys)}"
        return try CloudTask(sandbox, providers: "providers: {lab: \(provider)}\n")
    }

    @Test func aBucketThatIsNotThere() async throws {
        let finished = try await sandbox.start(sandbox.task("gs://no-such-bucket-here")).end()
        #expect(finished.status == 66, "\(finished)")
        #expect(try Document(finished).diagnostics.contains { $0.contains("no-such-bucket-here") })
    }

    /// Of an account that nobody there knows.
    @Test func aWrongKey() async throws {
        let other = try ServiceAccountFile(in: TemporaryFolder())
        try await task(other.content).expect(
            77, "denied", saying: ServiceAccountFile.email, neverSaying: ["PRIVATE KEY"])
    }

    @Test(arguments: [
        ("{}", "type"), (#"{"type": "service_account", "client_email": "x@y"}"#, "private_key"),
        (#"{"type": "service_account", "client_email": "x@y", "private_key": "hush"}"#, "private_key"),
        (#"{"type": "odd-type"}"#, "type"), ("hush", "JSON"),
    ])
    func aFileThatIsNone(text: String, field: String) async throws {
        try await task(Array(text.utf8)).expect(
            77, "no-credentials", saying: "credentials.json", field, neverSaying: ["hush"])
    }

    @Test func noCredentials() async throws {
        var sandbox = sandbox
        // Not an emulator's place, and nobody's proxy.
        sandbox.environment["https_proxy"] = "http://127.0.0.1:1"
        let alone = try CloudTask(sandbox, providers: "providers: {}\n")
        try await alone.expect(77, "no-credentials", saying: "GOOGLE_APPLICATION_CREDENTIALS", "anonymous")
    }

    @Test func theTokenServiceIsDown() async throws {
        let port = try FreePorts.take(1)[0]
        let user = """
            {"type": "authorized_user", "client_id": "me", "client_secret": "hush", "refresh_token": "hush",
             "token_uri": "http://127.0.0.1:\(port)/token"}
            """
        try await task(Array(user.utf8)).expect(69, "unreachable", saying: "127.0.0.1:\(port)", neverSaying: ["hush"])
    }

    /// What it signs is signed by the server's clock then, and the job goes on.
    @Test func theClockIsWrong() async throws {
        let late = try await BucketSandbox(on: GoogleStorage.ahead.server, .text(["a": "1", "b/c": "22"]))
        try await late.succeed(late.task())
        late.expect(["a": "1", "b/c": "22"])
    }

    /// On a machine that is none of Google's, and whose packets go nowhere, that is known at once.
    @Test func theMetadataServerIsAbsent() async throws {
        let silence = try FullListener()
        var sandbox = sandbox
        sandbox.environment["NO_GCE_CHECK"] = nil
        sandbox.environment["GCE_METADATA_HOST"] = "127.0.0.1:\(silence.port)"
        sandbox.environment["https_proxy"] = "http://127.0.0.1:1"
        let alone = try CloudTask(sandbox, providers: "providers: {}\n")
        let began = ContinuousClock.now
        try await alone.expect(
            77, "no-credentials", saying: "metadata server at 127.0.0.1:\(silence.port): nobody answers")
        // A dry run and a run.
        #expect(ContinuousClock.now - began < .seconds(10))
    }

    @Test func whoeverAsksPays() async throws {
        let bucket = try await server.makeBucket(["billing": ["requesterPays": true]])
        let account = try #require(server.account)
        try Files.write(account.content, to: Array(sandbox.files.path("credentials.json").utf8))
        func run(_ keys: String) async throws -> Finished {
            let source = "{source: \"gs://\(bucket)\", mode: COPY\(keys)}"
            return try await sandbox.start("file_mounts: {\(sandbox.files.destination): \(source)}").end()
        }
        let without = try await run("")
        #expect(without.status == 77 && without.output.contains("a project that pays"), "\(without)")
        let unnamed = try await run(", requester_pays: true")
        #expect(unnamed.status == 78 && unnamed.output.contains("project:"), "\(unnamed)")
        let paid = try await run(", requester_pays: true, project: mine")
        #expect(paid.status == 0, "\(paid)")
    }
}
