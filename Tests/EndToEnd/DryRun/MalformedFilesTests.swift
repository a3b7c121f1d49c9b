import Foundation
import TestSupport
import Testing

/// Every file of `Tests/Malformed`, by the built program: what it says of each is what the file beside it expects, and says
/// it in a document that the schema allows.
@Suite(.apart) struct MalformedFilesTests {
    private static let root = Judge.project.appending(path: "Tests/Malformed").path

    private static let names: [String] = {
        let names = FileManager.default.enumerator(atPath: root)?.compactMap { $0 as? String } ?? []
        return names.filter { $0.hasSuffix(".yaml") }.sorted()
    }()

    @Test func theProgramSaysWhatIsExpected() throws {
        let folder = try TemporaryFolder()
        try Files.makeFolder(folder.path("data"))
        try folder.write("weights", to: "data/train.bin")
        // One shell for all of them: starting each from here would take longer than what it does.
        let loop = """
            number=0
            while IFS= read -r file; do
                "$0" --dry-run --offline --output json "$file" </dev/null >$number.json
                echo $?
                number=$((number + 1))
            done
            """
        let finished = try Program.run(
            ["bash", "-c", loop, Program.provision], input: Self.names.map { "\(Self.root)/\($0)\n" }.joined(),
            in: folder.path)
        #expect(finished.errors == "")
        let statuses = finished.output.split(separator: "\n")
        try #require(statuses.count == Self.names.count && statuses.count > 300)
        for (index, name) in Self.names.enumerated() {
            let file = "\(Self.root)/\(name)".replacing(".yaml", with: ".expected")
            let lines = try String(contentsOfFile: file, encoding: .utf8).split(separator: "\n")
            #expect(lines.first == "exit \(statuses[index])", "\(name)")
            let document = try folder.read("\(index).json")
            #expect(try found(document) == lines.dropFirst().compactMap(Self.code).sorted(), "\(name)")
        }
        guard Judge.isHere else { return }
        let documents = Self.names.indices.map { folder.path("\($0).json") }
        #expect(try Judge.objections(to: documents, schema: "dry-run") == [:])
    }

    /// Severity, code and path of a line `LINE:COLUMN SEVERITY CODE PATH`; places are compared from inside.
    private static func code(_ line: Substring) -> String? {
        line.split(separator: " ", maxSplits: 1).last.map(String.init)
    }

    private func found(_ text: String) throws -> [String] {
        let document = try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any]
        let diagnostics = try #require(document?["diagnostics"] as? [[String: Any]])
        return diagnostics.filter { $0["code"] as? String != "not-built" }.map { diagnostic in
            ["severity", "code", "path"].map { diagnostic[$0] as? String ?? "-" }.joined(separator: " ")
        }.sorted()
    }
}
