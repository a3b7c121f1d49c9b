import Foundation
import TestSupport
import Testing

/// What is found out by asking, before the first byte: the same for a dry run and for a run.
@Suite(.onCeph) struct S3RefusalTests {
    private var sandbox: S3Sandbox

    init() async throws {
        sandbox = try await S3Sandbox(CephGateway.shared, .text(["a": "1", "b/c": "22"]))
    }

    private func expect(
        _ status: Int32, _ code: String, _ task: String, saying words: String..., in sandbox: S3Sandbox,
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
        try await expect(66, "not-found", sandbox.task("s3://\(sandbox.bucket)/b/x"), saying: "b/x", in: sandbox)
    }

    @Test func somebodyElsesBucket() async throws {
        var sandbox = sandbox
        sandbox.environment.merge(S3Sandbox.keys(TestBucketServer.stranger)) { _, other in other }
        for source in ["", "/a", "/b/"] {
            try await expect(77, "denied", sandbox.task("s3://\(sandbox.bucket)\(source)"), in: sandbox)
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

    /// Of a region that somebody has stated: it is not theirs to change.
    @Test func wrongRegion() async throws {
        var sandbox = sandbox
        sandbox.environment["AWS_REGION"] = "eu-west-1"
        let proxy = try sandbox.proxy(
            Fault(
                Fault.refusal(400, "AuthorizationHeaderMalformed", [:], "<Region>ap-south-1</Region>"), of: "",
                times: 1000))
        try await expect(78, "wrong-region", sandbox.task(), saying: "ap-south-1", in: sandbox)
        #expect(proxy.passages.allSatisfy { $0.request["authorization"]?.contains("/eu-west-1/s3/") == true })
    }

    /// The others are asked, and copied, all the same.
    @Test func oneOfSeveralMounts() async throws {
        let other = sandbox.files.path("other")
        let task = """
            file_mounts:
              \(other): s3://no-such-bucket-here
              \(sandbox.files.destination): s3://\(sandbox.bucket)
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
        try await sandbox.succeed("file_mounts: {\(sandbox.files.destination)/: s3://\(sandbox.bucket)/a}")
        sandbox.expect(["a": "1"])
        #expect((proxy.done.first ?? 0) >= 1)
        try await sandbox.fail(77, sandbox.task())
    }
}
