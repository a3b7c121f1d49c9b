import Foundation
import Platform
import Testing

@testable import Plan
@testable import TaskFile

/// Reads every file of `Tests/Malformed` and holds the diagnostics against the `.expected` file beside it: the exit
/// status, then `LINE:COLUMN SEVERITY CODE PATH` for each, all of them and no others.
@Suite struct MalformedTests {
    static let folder = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .appending(path: "Malformed")

    static let cases: [String] = {
        let files = FileManager.default.enumerator(atPath: folder.path)
        return (files?.compactMap { $0 as? String } ?? []).filter { $0.hasSuffix(".yaml") }.sorted()
    }()

    @Test func thereAreManyCases() {
        #expect(Self.cases.count >= 200)
    }

    @Test(arguments: cases)
    func diagnostics(of name: String) throws {
        let yaml = Self.folder.appending(path: name)
        let expected = try Expectation(
            String(contentsOf: yaml.deletingPathExtension().appendingPathExtension("expected"), encoding: .utf8))
        let scratch = try ScratchMachine()
        defer { scratch.remove() }

        let context = TaskContext(environment: Environment(["HOME": scratch.machine.home]), home: scratch.machine.home)
        let file = TaskFile.read([UInt8](try Data(contentsOf: yaml)), file: "task.yaml", context: context)
        let plans = file.tasks.map { Plan($0, file: "task.yaml", on: scratch.machine) }
        let found = file.diagnostics + plans.flatMap(\.diagnostics)

        let reported = found.filter { $0.code != .notBuilt }.map(Expectation.Line.init)
        if let mismatch = expected.mismatch(with: reported) {
            Issue.record("\(name)\n\(mismatch)\n\(found.map(\.text).joined(separator: "\n"))")
        }
        #expect(found.exitStatus.rawValue == expected.exit, "\(name)")
    }
}

/// A home folder with nothing in it, and a working folder with `data/train.bin`.
struct ScratchMachine {
    let folder: URL
    let machine: Machine

    init() throws {
        folder = FileManager.default.temporaryDirectory.appending(path: "provision-\(UUID().uuidString)")
        let home = folder.appending(path: "home")
        let work = folder.appending(path: "work")
        try FileManager.default.createDirectory(at: home, withIntermediateDirectories: true)
        try FileManager.default.createDirectory(
            at: work.appending(path: "data"), withIntermediateDirectories: true)
        try Data("weights".utf8).write(to: work.appending(path: "data/train.bin"))
        machine = Machine(home: home.path, workingFolder: work.path)
    }

    func remove() {
        try? FileManager.default.removeItem(at: folder)
    }
}

struct Expectation {
    struct Line: Equatable, CustomStringConvertible {
        var line: String
        var column: String
        var severity: String
        var code: String
        var path: String

        init(_ diagnostic: Diagnostic) {
            line = diagnostic.position.map { String($0.line) } ?? "-"
            column = diagnostic.position.map { String($0.column) } ?? "-"
            severity = diagnostic.severity.rawValue
            code = diagnostic.code.rawValue
            path = diagnostic.path ?? "-"
        }

        init(_ text: Substring) {
            let parts = text.split(separator: " ", maxSplits: 3).map(String.init)
            let place = parts[0].split(separator: ":").map(String.init)
            (line, column, severity, code, path) = (place[0], place[1], parts[1], parts[2], parts[3])
        }

        var description: String { "\(line):\(column) \(severity) \(code) \(path)" }

        /// `*` in the expectation leaves a place to the YAML library.
        func matches(_ found: Line) -> Bool {
            (line == "*" || line == found.line) && (column == "*" || column == found.column)
                && severity == found.severity && code == found.code && path == found.path
        }
    }

    let exit: Int32
    let lines: [Line]

    init(_ text: String) throws {
        var rows = text.split(separator: "\n").filter { !$0.isEmpty }
        let head = rows.removeFirst().split(separator: " ")
        exit = try #require(Int32(head[1]))
        lines = rows.map(Line.init)
    }

    /// What is missing or too much, in words; nothing when all is as expected. The order within a file does not matter.
    func mismatch(with found: [Line]) -> String? {
        var unmatched = found
        var missing: [Line] = []
        for line in lines {
            if let index = unmatched.firstIndex(where: line.matches) {
                unmatched.remove(at: index)
            } else {
                missing.append(line)
            }
        }
        guard !missing.isEmpty || !unmatched.isEmpty else { return nil }
        return (missing.map { "missing:    \($0)" } + unmatched.map { "unexpected: \($0)" }).joined(separator: "\n")
    }
}
