import ObjectStore
import TestSupport
import Testing

/// The whole suite against SeaweedFS. Its listings walk a tree of folders, which its capabilities say.
@Suite(.enabled(if: SeaweedFS.isHere, Comment(rawValue: SeaweedFS.absence)))
struct SeaweedFSConformanceTests {
    @Test(arguments: Conformance.checks)
    func conforms(check: Conformance.Check) async throws {
        try await conform(
            check, SeaweedFS.shared.server,
            except: [
                "a part that comes again replaces itself; numbers may have gaps":
                    "SeaweedFS does not compare the ETags of parts"
            ])
    }
}

/// And against Ceph's gateway, which ignores conditions at the end of uploads and of deletions, as its capabilities say.
@Suite(.enabled(if: CephGateway.isHere, Comment(rawValue: CephGateway.absence)))
struct CephConformanceTests {
    @Test(arguments: Conformance.checks)
    func conforms(check: Conformance.Check) async throws {
        try await conform(
            check, CephGateway.shared.server,
            except: [
                "an aborted upload is gone, and may be aborted again":
                    "the gateway believes that somebody else completes it, for ever"
            ])
    }
}

/// And against OpenStack Swift, whose region nobody has told the store.
@Suite(.enabled(if: OpenStackSwift.isHere, Comment(rawValue: OpenStackSwift.absence)))
struct OpenStackConformanceTests {
    @Test(arguments: Conformance.checks)
    func conforms(check: Conformance.Check) async throws {
        try await conform(check, OpenStackSwift.shared.server, except: [:])
    }
}

/// What a server is known to do wrong must still be wrong, else the exception has to go.
private func conform(
    _ check: Conformance.Check, _ server: TestBucketServer, except faults: [String: String]
) async throws {
    let store = try await S3TestStore.make(on: server)
    // Only its answers say which server it is.
    try await store.check()
    guard let fault = faults[check.testDescription] else { return try await check.run(store) }
    await withKnownIssue(Comment(rawValue: fault)) { try await check.run(store) }
}
