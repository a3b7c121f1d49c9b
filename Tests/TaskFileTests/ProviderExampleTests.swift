import Foundation
import Testing

@testable import TaskFile

/// The example of a providers file leaves out no key.
@Suite struct ProviderExampleTests {
    private static let file = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().appending(path: "examples/providers.yaml")

    @Test func everyKeyIsShown() throws {
        let text = try String(contentsOf: Self.file, encoding: .utf8)
        for rule in ProviderKeys.rules { #expect(text.contains(rule.name), "\(rule.name)") }
    }
}
