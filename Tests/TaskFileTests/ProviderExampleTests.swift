import Foundation
import Testing

@testable import TaskFile

/// The example of a providers file leaves out no key.
@Suite struct ProviderExampleTests {
    private static let file = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().appending(path: "examples/providers.yaml")

    /// As a key of a provider: a word in a comment, or a part of another key, shows nobody how it is written.
    @Test func everyKeyIsShown() throws {
        let (documents, problem) = YAMLReader.documents(of: [UInt8](try Data(contentsOf: Self.file)))
        #expect(problem?.message == nil)
        let providers = try #require(documents.first).pairs
        let shown = Set(providers.flatMap(\.value.pairs).compactMap(\.key.scalar?.text))
        for rule in ProviderKeys.rules { #expect(shown.contains(rule.name), "\(rule.name)") }
    }
}

extension YAMLNode {
    fileprivate var pairs: [Pair] {
        if case .mapping(let pairs) = content { pairs } else { [] }
    }
}
