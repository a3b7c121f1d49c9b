import Foundation
import TestSupport
import Testing

/// What a run says: documents, the status file, the table.
@Suite(.apart) struct RunDocumentTests {
    private let sandbox: CopySandbox

    init() throws {
        sandbox = try CopySandbox()
    }

    @Test func theStatusFileIsPrivate() throws {
        try sandbox.write(["src/a": "1"])
        let task = "name: train\n" + sandbox.task()
        let document = try sandbox.succeed(task)
        #expect(Files.mode(of: sandbox.state + "/train") == 0o700)
        #expect(Files.mode(of: sandbox.state + "/train/status.json") == 0o600)
        let file = try Data(contentsOf: URL(filePath: sandbox.state + "/train/status.json"))
        let status = try #require(try JSONSerialization.jsonObject(with: file) as? NSDictionary)
        #expect(status == document.json as NSDictionary)
        #expect(FileTree(sandbox.state).names.filter { $0.hasSuffix(".new") } == [])
    }

    /// A folder that somebody else uses as well keeps its mode.
    @Test func aStateFolderThatWasThere() throws {
        try sandbox.write(["src/a": "1"])
        try Files.makeFolder(sandbox.state, mode: 0o777)
        try Files.setMode(sandbox.state, 0o1777)
        try sandbox.succeed(sandbox.task())
        #expect(Files.mode(of: sandbox.state) == 0o1777)
    }

    @Test(.enabled(if: Judge.isHere, Comment(rawValue: Judge.absence)))
    func documentsAreValid() throws {
        try sandbox.write(["src/a": "1", "src/d/\u{1b}b": "2", "file": "mine"])
        try Files.makePipe(sandbox.path("src/pipe"))
        let bad = "file_mounts: {\(sandbox.path("file")): {source: ./src}, \(sandbox.path("1")): {source: ./src}}"
        for (index, task) in [sandbox.task(), sandbox.task(), bad, "file_mounts: {}"].enumerated() {
            for (format, ending) in [("json", "json"), ("ndjson", "ndjson")] {
                let run = try sandbox.run(task, ["--output", format])
                #expect(run.output.hasPrefix("{") && run.output.hasSuffix("}\n"))
                let dryRun = try sandbox.run(task, ["--output", format, "--dry-run"])
                try sandbox.folder.write(run.output, to: "run\(index).\(ending)")
                try sandbox.folder.write(dryRun.output, to: "dry\(index).\(ending)")
            }
        }
        let numbers = 0..<4
        func files(_ name: String, _ ending: String) -> [String] {
            numbers.map { sandbox.path("\(name)\($0).\(ending)") }
        }
        #expect(try Judge.objections(to: files("run", "json"), schema: "status") == [:])
        #expect(try Judge.objections(to: files("dry", "json"), schema: "dry-run") == [:])
        #expect(try Judge.objections(to: files("run", "ndjson") + files("dry", "ndjson"), schema: "event") == [:])
        #expect(try Judge.objections(to: [sandbox.state + "/task/status.json"], schema: "status") == [:])
    }

    @Test func aDryRunChangesNothing() throws {
        try GeneratedTree.make(at: sandbox.source)
        try sandbox.write(["dst/own": "mine"])
        _ = try sandbox.words(sandbox.task("on_nonempty: mirror"), [])
        let before = FileTree(sandbox.folder.path)
        let finished = try Program.run(
            [Program.provision, "task.yaml", "--dry-run", "--state-dir", sandbox.state], in: sandbox.folder.path)
        #expect(finished.status == 0)
        #expect(FileTree(sandbox.folder.path).differences(from: before) == [])
    }

    @Test func theTableForPeople() throws {
        try sandbox.write(["src/a": "1"])
        let finished = try sandbox.run(sandbox.task(), ["--output", "text"])
        #expect(finished.status == 0)
        #expect(finished.output.contains("copied"))
        #expect(finished.output.contains(sandbox.destination))
    }
}
