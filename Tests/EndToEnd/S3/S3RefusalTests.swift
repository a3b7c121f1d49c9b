import Foundation
import TestSupport
import Testing

/// What is found out by asking, before the first byte: the same for a dry run and for a run.
@Suite(.onCeph) struct S3RefusalTests {
    private var sandbox: BucketSandbox

    init() async throws {
        sandbox = try await BucketSandbox(CephGateway.shared, .text(["a": "1", "b/c": "22"]))
    }

    private func expect(
        _ status: Int32, _ code: String, _ task: String, saying words: String..., in sandbox: BucketSandbox,
        at location: Testing.SourceLocation = #_sourceLocation
    ) async throws {
        for options in [["--dry-run"], []] {
            let finished = try await sandbox.start(task, options).end()
            #expect(finished.status == status, "\(finished.output)\(finished.errors)", sourceLocation: location)
            let problem = try Document(finished).diagnostics.first { $0.hasPrefix("error \(code) ") }
            #expect(problem != nil, "\(finished.output)", sourceLocation: location)
            for word in words {
                #expect(problem?.contains(word) == true, "\(word): \(problem ?? "")", sourceLocation: location)
            }
        }
        #expect(!Files.isThere(sandbox.files.destination), sourceLocation: location)
    }

    @Test func bucketThatIsNotThere() async throws {
        try await expect(
            66, "not-found", sandbox.task("s3://no-such-bucket-here"), saying: "no-such-bucket-here", in: sandbox)
    }

    @Test func keyThatIsNotThere() async throws {
        try await expect(66, "not-found", sandbox.task("\(sandbox.url)/b/x"), saying: "b/x", in: sandbox)
    }

    @Test func somebodyElsesBucket() async throws {
        var sandbox = sandbox
        sandbox.environment.merge(TestBucketServer.stranger.variables) { _, other in other }
        for source in ["", "/a", "/b/"] {
            try await expect(77, "denied", sandbox.task("\(sandbox.url)\(source)"), in: sandbox)
        }
    }

    @Test func wrongSecret() async throws {
        var sandbox = sandbox
        sandbox.environment["AWS_SECRET_ACCESS_KEY"] = "WRONGSECRET"
        try await expect(77, "denied", sandbox.task(), in: sandbox)
    }

    @Test func noCredentials() async throws {
        var sandbox = sandbox
        sandbox.environment["AWS_ACCESS_KEY_ID"] = nil
        sandbox.environment["AWS_SECRET_ACCESS_KEY"] = nil
        try await expect(77, "no-credentials", sandbox.task(), saying: "AWS_ACCESS_KEY_ID", "anonymous", in: sandbox)
    }

    @Test func expiredCredentials() async throws {
        var sandbox = sandbox
        sandbox.environment["AWS_SESSION_TOKEN"] = "FwoGZXIvYXdzEOLD"
        let proxy = try sandbox.proxy(Fault(Fault.refusal(400, "ExpiredToken"), of: "", times: 1000))
        try await expect(77, "expired-credentials", sandbox.task(), saying: "expired", in: sandbox)
        #expect(proxy.passages.allSatisfy { $0.request["x-amz-security-token"] == "FwoGZXIvYXdzEOLD" })
        // Asking again with the same ones is of no use.
        #expect(proxy.passages.count <= 4)
    }

    private static let elsewhere = Fault.refusal(
        400, "AuthorizationHeaderMalformed", ["x-amz-bucket-region": "ap-south-1"], "<Region>ap-south-1</Region>")

    /// Of a region that the entry states: it is not theirs to change.
    @Test func wrongRegion() async throws {
        var sandbox = sandbox
        let proxy = try sandbox.proxy(Fault(Self.elsewhere, of: "", times: 1000))
        let task = sandbox.task(nil, "region: eu-west-1")
        try await expect(78, "wrong-region", task, saying: "ap-south-1", in: sandbox)
        #expect(proxy.passages.allSatisfy { $0.request["authorization"]?.contains("/eu-west-1/s3/") == true })
    }

    /// What the machine says of its own region is no word about the bucket's, which is found out; a warning tells.
    @Test(arguments: [[], ["--dry-run"]]) func theMachinesRegion(options: [String]) async throws {
        var sandbox = sandbox
        sandbox.environment["AWS_REGION"] = "eu-west-1"
        let proxy = try sandbox.proxy(Fault(Self.elsewhere, of: "", times: 1))
        let finished = try await sandbox.start(sandbox.task(), options).end()
        #expect(finished.status == 0, "\(finished.output)\(finished.errors)")
        let warning = try #require(try Document(finished).diagnostics.first { $0.hasPrefix("warning wrong-region") })
        for word in ["ap-south-1", "eu-west-1", "AWS_REGION"] { #expect(warning.contains(word)) }
        proxy.expectDone()
        #expect(proxy.passages.last?.request["authorization"]?.contains("/ap-south-1/s3/") == true)
        if options.isEmpty { sandbox.expect(["a": "1", "b/c": "22"]) }
    }

    /// Also when only the objects are refused, and not the listing before.
    @Test func wrongRegionInTheMiddle() async throws {
        var sandbox = sandbox
        let proxy = try sandbox.proxy(Fault(Self.elsewhere, of: "", except: "list-type=2", times: 1000))
        let document = try await sandbox.fail(78, sandbox.task(nil, "region: eu-west-1"))
        #expect(document.exitCode == 78)
        let mount = try #require(document.mounts.first)
        #expect(mount.code == "wrong-region")
        #expect((mount.error["message"] as? String)?.contains("ap-south-1") == true)
        #expect((mount.error["hint"] as? String)?.contains("leave the key out") == true)
        #expect(mount.error["retryable"] as? Bool == false)
        #expect((proxy.done.first ?? 0) >= 1)
    }

    @Test func archivedInTheMiddle() async throws {
        var sandbox = sandbox
        let proxy = try sandbox.proxy(Fault(Fault.refusal(403, "InvalidObjectState"), of: "/a", times: 1))
        let document = try await sandbox.fail(78, sandbox.task())
        #expect(document.mounts.first?.code == "archived-object")
        proxy.expectDone()
    }

    /// The others are asked, and copied, all the same.
    @Test func oneOfSeveralMounts() async throws {
        let other = sandbox.files.path("other")
        let task = """
            file_mounts:
              \(other): s3://no-such-bucket-here
              \(sandbox.files.destination): \(sandbox.url)
            """
        let document = try await sandbox.fail(66, task)
        #expect(document.mounts.map(\.state) == ["copied", "failed"])
        sandbox.expect(["a": "1", "b/c": "22"])
        #expect(!Files.isThere(other))
    }

    /// Who may read objects and not list, or list and not read, learns which of the two it is.
    @Test func deniedForReadingAlone() async throws {
        var sandbox = sandbox
        let proxy = try sandbox.proxy(Fault(Fault.refusal(403, "AccessDenied"), of: "/a", times: 1))
        let document = try await sandbox.fail(77, sandbox.task())
        #expect(document.mounts.first?.code == "denied")
        #expect((document.mounts.first?.error["message"] as? String)?.contains("`a`") == true)
        proxy.expectDone()
        sandbox.expectNothingElse(than: .text(["a": "1", "b/c": "22"]))
        #expect(sandbox.files.leftovers() == [])
    }

    @Test func deniedForListingAlone() async throws {
        var sandbox = sandbox
        let proxy = try sandbox.proxy(Fault(Fault.refusal(403, "AccessDenied"), of: "list-type=2", times: 1000))
        try await sandbox.succeed("file_mounts: {\(sandbox.files.destination)/: \(sandbox.url)/a}")
        sandbox.expect(["a": "1"])
        #expect((proxy.done.first ?? 0) >= 1)
        try await sandbox.fail(77, sandbox.task())
    }
}
