import ObjectStore
import TestSupport
import Testing

/// The whole suite against the strict server of ours, in a bucket with a hierarchy of folders, so that there are moves.
@Suite(.enabled(if: GoogleStorage.isHere, Comment(rawValue: GoogleStorage.absence)))
struct GCSConformanceTests {
    @Test(arguments: Conformance.checks)
    func conforms(check: Conformance.Check) async throws {
        let server = try await GoogleStorage.shared.server
        let store = try await GCSTestStore.make(on: server, bucket: try await server.makeBucketWithFolders())
        try await store.check()
        #expect(store.capabilities.atomicRename == .objectsAndFolders)
        try await check.run(store)
    }
}

/// And against fake-gcs-server, which keeps hardly a condition, as its capabilities say.
@Suite(.enabled(if: FakeGCSServer.isHere, Comment(rawValue: FakeGCSServer.absence)))
struct FakeGCSConformanceTests {
    private static let faults = [
        "keys are grouped by the next slash, each group once":
            "fake-gcs-server counts no groups, and lists all of them again with every page"
    ]

    /// What it is known to do wrong must still be wrong, else the exception has to go.
    @Test(arguments: Conformance.checks)
    func conforms(check: Conformance.Check) async throws {
        let store = try await GCSTestStore.make(on: FakeGCSServer.shared.server)
        guard let fault = Self.faults[check.testDescription] else { return try await check.run(store) }
        await withKnownIssue(Comment(rawValue: fault)) { try await check.run(store) }
    }
}
