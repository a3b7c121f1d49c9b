import Foundation
import TestSupport
import Testing

/// `provision schema`, and the schemas against what users write and the program prints.
@Suite(.apart) struct SchemaTests {
    static let names = ["task", "dry-run", "status", "event"]

    @Test(arguments: names)
    func printsTheFileInSchemas(name: String) throws {
        let file = Judge.project.appending(path: "schemas/\(name).schema.json")
        let printed = try provision("schema", name)
        #expect(printed.status == 0)
        #expect(printed.output == (try String(contentsOf: file, encoding: .utf8)), "run script/schemas")
    }

    @Test func printsThatOfTheTaskFileByDefault() throws {
        #expect(try provision("schema").output == provision("schema", "task").output)
        #expect(try provision("schema", "tsak").status == 64)
    }

    @Test(.enabled(if: Judge.isHere, Comment(rawValue: Judge.absence)))
    func examplesAreValid() throws {
        let examples = try files(below: "examples", ending: ".yaml")
        #expect(!examples.isEmpty)
        #expect(try Judge.objections(to: examples, schema: "task") == [:])
    }

    @Test(.enabled(if: Judge.isHere, Comment(rawValue: Judge.absence)))
    func theFileOfInitIsValid() throws {
        let folder = try TemporaryFolder()
        _ = try provision("init", in: folder.path)
        #expect(try Judge.objections(to: [folder.path("task.yaml")], schema: "task") == [:])
        #expect(try provision("--dry-run", "--offline", "task.yaml", in: folder.path).status == 0)
    }

    /// What the program accepts no editor may mark.
    @Test(.enabled(if: Judge.isHere, Comment(rawValue: Judge.absence)))
    func theSchemaAcceptsWhatIsRight() throws {
        let right = try malformed { $0.hasPrefix("exit 0\n") }.filter { file in
            !Self.unreadableToPyYAML.contains { file.hasSuffix($0) }
        }
        #expect(right.count > 50)
        #expect(try Judge.objections(to: right, schema: "task") == [:])
    }

    /// It refuses to set an anchor again, a tab behind a colon, and unknown tags even where nobody looks.
    static let unreadableToPyYAML = [
        "/right-anchor-set-again.yaml", "/right-tab-between-key-and-value.yaml", "/right-unknown-tag-elsewhere.yaml",
    ]

    /// A schema sees names, types and forms, and no more: these codes it must always flag.
    @Test(.enabled(if: Judge.isHere, Comment(rawValue: Judge.absence)))
    func theSchemaFlagsWhatASchemaCan() throws {
        let visible = ["unknown-key", "bad-type", "bad-scheme", "missing-source"]
        let wrong = try malformed { expected in
            let codes = expected.split(separator: "\n").dropFirst().compactMap { line in
                line.split(separator: " ").dropFirst(2).first.map(String.init)
            }
            return codes.contains { visible.contains($0) } && !codes.contains("yaml-syntax")
                && !codes.contains("alias-limit") && !codes.contains("duplicate-key")
        }
        #expect(wrong.count > 100)
        let flagged = try Judge.objections(to: wrong, schema: "task")
        let missed = wrong.filter { flagged[$0] == nil }.map {
            $0.split(separator: "/").suffix(2).joined(separator: "/")
        }
        #expect(Set(missed) == Self.beyondASchema, "missed: \(Set(missed).subtracting(Self.beyondASchema))")
    }

    /// Mistakes of those codes that hide behind a variable.
    static let beyondASchema: Set<String> = [
        "sources/through-variable.yaml", "variables/boolean-is-yes.yaml", "variables/number-is-a-word.yaml",
    ]

    /// Documents of the same files are judged where each is held against what it shall say.
    @Test(.enabled(if: Judge.isHere, Comment(rawValue: Judge.absence)))
    func dryRunEventsAreValid() throws {
        let folder = try TemporaryFolder()
        var events: [String] = []
        // Every tenth: they hold the same parts as the documents.
        for (index, file) in try malformed({ _ in true }).enumerated() where index % 10 == 0 {
            let lines = try provision("--dry-run", "--offline", "--output", "ndjson", file, in: folder.path)
            try folder.write(lines.output, to: "\(index).ndjson")
            events.append(folder.path("\(index).ndjson"))
        }
        #expect(try Judge.objections(to: events, schema: "event") == [:])
    }

    private func malformed(_ isMeant: (_ expected: String) -> Bool) throws -> [String] {
        try files(below: "Tests/Malformed", ending: ".expected").filter {
            isMeant(try String(contentsOfFile: $0, encoding: .utf8))
        }.map { $0.replacing(".expected", with: ".yaml") }
    }

    private func files(below folder: String, ending: String) throws -> [String] {
        let root = Judge.project.appending(path: folder).path
        let names = try #require(FileManager.default.enumerator(atPath: root)).compactMap { $0 as? String }
        return names.filter { $0.hasSuffix(ending) }.sorted().map { root + "/" + $0 }
    }
}
