import Foundation
import TestSupport
import Testing

/// The servers that tests of every cloud are run over.
enum TestCloud: String, CaseIterable, Sendable, CustomTestStringConvertible {
    case seaweedFS, ceph
    /// Strict, and ours; and hardly strict, but somebody else's.
    case google, fakeGCS
    case azure
    /// A bucket with a hierarchy of folders.
    case googleFolders = "google-folders"
    /// An account of Azure's whose folders are real.
    case azureFolders = "azure-folders"

    /// That of the test that is being run.
    @TaskLocal static var current = TestCloud.seaweedFS

    var testDescription: String { rawValue }

    var server: any BucketServer {
        get async throws {
            switch self {
            case .seaweedFS: try await SeaweedFS.shared.server
            case .ceph: try await CephGateway.shared.server
            case .google: try await GoogleStorage.shared.server
            case .fakeGCS: try await FakeGCSServer.shared.server
            case .azure: try await AzureBlob.shared.server
            case .googleFolders: try await GoogleStorage.withFolders.server
            case .azureFolders: try await AzureBlob.tree.server
            }
        }
    }

    var absence: String? {
        switch self {
        case .seaweedFS: SeaweedFS.isHere ? nil : SeaweedFS.absence
        case .ceph: CephGateway.isHere ? nil : CephGateway.absence
        case .google, .googleFolders: GoogleStorage.isHere ? nil : GoogleStorage.absence
        case .fakeGCS: FakeGCSServer.isHere ? nil : FakeGCSServer.absence
        case .azure, .azureFolders: AzureBlob.isHere ? nil : AzureBlob.absence
        }
    }
}

/// Runs each test of a suite over several clouds, one after the other: what works on one works on all. `PROVISION_TEST_CLOUDS`
/// names others than the suite's own, as in `google,azure`.
struct OverClouds: SuiteTrait, TestTrait, TestScoping {
    let clouds: [TestCloud]
    let isRecursive = true

    func provideScope(
        for test: Test, testCase: Test.Case?, performing function: @Sendable () async throws -> Void
    ) async throws {
        // A suite has nothing to run itself.
        guard !test.isSuite else { return try await function() }
        for cloud in clouds {
            if let absence = cloud.absence {
                Issue.record("\(cloud): \(absence)")
                continue
            }
            // Which of them it was has to be said.
            let naming = IssueHandlingTrait.compactMapIssues { issue in
                var issue = issue
                issue.comments.append("over \(cloud)")
                return issue
            }
            try await naming.provideScope(for: test, testCase: testCase) {
                do {
                    try await TestCloud.$current.withValue(cloud) { try await function() }
                } catch {
                    Issue.record(error)
                }
            }
        }
    }
}

/// For what only these clouds have, in a suite that is run over more.
struct OnlyOnClouds: TestTrait, TestScoping {
    let clouds: [TestCloud]

    func provideScope(
        for test: Test, testCase: Test.Case?, performing function: @Sendable () async throws -> Void
    ) async throws {
        if clouds.contains(TestCloud.current) { try await function() }
    }
}

extension Trait where Self == OnlyOnClouds {
    static func only(_ clouds: TestCloud...) -> Self { OnlyOnClouds(clouds: clouds) }
}

extension Trait where Self == OverClouds {
    static func over(_ clouds: TestCloud...) -> Self {
        let named = ProcessInfo.processInfo.environment["PROVISION_TEST_CLOUDS"]?.split(separator: ",")
        return OverClouds(clouds: named?.compactMap { TestCloud(rawValue: String($0)) } ?? clouds)
    }
}
