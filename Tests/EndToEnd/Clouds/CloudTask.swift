import Foundation
import TestSupport
import Testing

/// Tasks that copy from a bucket and are refused, in a dry run as in a run.
struct CloudTask {
    var sandbox: BucketSandbox
    let task: String

    /// A task that copies this part of the bucket; without the sandbox's providers others may be named.
    init(_ sandbox: BucketSandbox, _ part: String = "", providers: String? = nil) throws {
        self.sandbox = sandbox
        task = sandbox.task(sandbox.url + part)
        guard let providers else { return }
        try sandbox.files.folder.write(providers, to: "own.yaml")
        self.sandbox.environment["PROVISION_PROVIDERS"] = sandbox.files.path("own.yaml")
    }

    /// It ends with this status and code, says these words, and nothing is there afterwards.
    func expect(
        _ status: Int32, _ code: String, saying words: String..., neverSaying secrets: [String] = [],
        at location: Testing.SourceLocation = #_sourceLocation
    ) async throws {
        for options in [["--dry-run"], []] {
            let finished = try await sandbox.start(task, options).end()
            let said = finished.output + finished.errors
            #expect(finished.status == status, "\(said)", sourceLocation: location)
            let problem = try Document(finished).diagnostics.first { $0.hasPrefix("error \(code) ") }
            #expect(problem != nil, "\(said)", sourceLocation: location)
            for word in words {
                #expect(problem?.contains(word) == true, "\(word): \(problem ?? "")", sourceLocation: location)
            }
            for secret in secrets { #expect(!said.contains(secret), sourceLocation: location) }
        }
        #expect(!Files.isThere(sandbox.files.destination), sourceLocation: location)
    }
}
