import Foundation
import TestSupport
import Testing

/// The files that users begin with are right.
@Suite(.apart) struct ExampleTests {
    private static let project = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent().path

    @Test func bucketsAndProviders() throws {
        let finished = try provision(
            "--dry-run", "--offline", "--providers", "examples/providers.yaml", "examples/s3.yaml", in: Self.project)
        #expect(finished.status == 0, "\(finished.output)\(finished.errors)")
        #expect(finished.output.contains("\nok; no store was asked"), "\(finished.output)")
        #expect(finished.errors == "")
    }
}
