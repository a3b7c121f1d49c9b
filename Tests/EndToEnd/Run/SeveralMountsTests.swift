import Foundation
import TestSupport
import Testing

/// `provision TASK.yaml` with several mounts.
@Suite(.apart) struct SeveralMountsTests {
    private let sandbox: CopySandbox

    init() throws {
        sandbox = try CopySandbox()
    }

    @Test func onlyTheseMounts() throws {
        try sandbox.write(["src/a": "1"])
        let task = "file_mounts: {\(sandbox.path("x")): ./src/a, \(sandbox.path("y")): ./src/a}"
        let document = try sandbox.succeed(task, "--only", sandbox.path("y"))
        #expect(document.mounts.map(\.destination) == [sandbox.path("y")])
        #expect(!Files.isThere(sandbox.path("x")))
    }

    /// The ceiling is the task's and not each mount's: no file of another mount is opened before those of one are done.
    @Test(.enabled(if: Program.canTrace, Comment(rawValue: Program.noTracing)))
    func oneJobForAllMounts() throws {
        for mount in 0..<3 {
            for file in 0..<40 { try sandbox.write(["src\(mount)/\(file)": String(repeating: "\(file)", count: 3000)]) }
        }
        let entries = (0..<3).map { "  \(sandbox.path("m/\($0)")): {source: ./src\($0)}\n" }
        let words = try sandbox.words("file_mounts:\n" + entries.joined(), ["--jobs", "1"])
        let trace = ["strace", "-f", "-y", "-e", "trace=openat", "-o", sandbox.path("trace")]
        let finished = try Program.run(trace + words, in: sandbox.folder.path)
        #expect(finished.status == 0, "\(finished.output)\(finished.errors)")
        let opened = try #require(sandbox.content("trace")).matches(of: /openat\(\d+<[^>]*\/src(\d)>, "\d+"/).map(\.1)
        #expect(opened.count == 120)
        let changes = zip(opened, opened.dropFirst()).count { $0 != $1 }
        #expect(changes == 2)
    }

    @Test func nestedDestinations() throws {
        try sandbox.write(["src/outer": "1", "src/sub/outer": "1", "src/sub/both": "outer", "in/both": "the inner one"])
        let task = """
            file_mounts:
              \(sandbox.destination)/sub/f: ./in/both
              \(sandbox.destination)/sub: {source: ./in}
              \(sandbox.destination): {source: ./src}
            """
        try sandbox.succeed(task)
        #expect(sandbox.names == ["outer", "sub", "sub/outer", "sub/both", "sub/f"])
        #expect(sandbox.content("dst/sub/both") == "the inner one")
    }

    @Test func oneThatFailsDoesNotStopTheOthers() throws {
        try sandbox.write(["src/a": "1", "src/d/b": "2", "file": "mine"])
        try sandbox.write(["conflict/a/own": "mine"])
        let task = """
            file_mounts:
              \(sandbox.path("file")): {source: ./src}
              \(sandbox.path("1")): {source: ./src}
              \(sandbox.path("conflict")): {source: ./src}
              \(sandbox.path("2")): ./src/a
            """
        let document = try sandbox.fail(73, task)
        #expect(document.exitCode == 73)
        #expect(document.result == "failed")
        let states = Dictionary(uniqueKeysWithValues: document.mounts.map { ($0.destination ?? "", $0.state ?? "") })
        #expect(
            states == [
                sandbox.path("file"): "failed", sandbox.path("1"): "copied", sandbox.path("conflict"): "failed",
                sandbox.path("2"): "copied",
            ])
        #expect(sandbox.content("1/d/b") == "2")
        #expect(sandbox.content("2") == "1")
    }

    @Test func manyMountsAtOnce() throws {
        try sandbox.write(["src/a": "1"])
        let entries = (0..<60).map { "  \(sandbox.path("m/\($0)")): \($0 % 2 == 0 ? "./src/a" : "{source: ./src}")\n" }
        let task = "file_mounts:\n" + entries.joined()
        #expect(try sandbox.succeed(task).mounts.count == 60)
        #expect(FileTree(sandbox.path("m")).nodes.values.count { $0.content == .file([0x31]) } == 60)
        #expect(sandbox.leftovers(in: sandbox.path("m")) == [])
    }

    @Test func sourcesThatAreNotThere() throws {
        let document = try sandbox.fail(66, "file_mounts: {\(sandbox.destination): ./nowhere}")
        #expect(document.exitCode == 66)
        #expect(!Files.isThere(sandbox.destination))
    }

    @Test func insideOfItsOwnSource() throws {
        try sandbox.write(["src/a": "1"])
        try sandbox.fail(78, "file_mounts: {\(sandbox.path("src/x")): {source: ./src}}")
        #expect(FileTree(sandbox.source).names == ["a"])
    }
}
