import Foundation
import TestSupport
import Testing

/// `provision TASK.yaml` with local sources: what is at the destination afterwards.
@Suite(.apart) struct CopyTests {
    private let sandbox: CopySandbox

    init() throws {
        sandbox = try CopySandbox()
    }

    // MARK: Trees

    @Test func theTreeEqualsItsSource() throws {
        try GeneratedTree.make(at: sandbox.source)
        let source = FileTree(sandbox.source)
        #expect(source.nodes.count > 300)
        let document = try sandbox.succeed(sandbox.task())
        #expect(FileTree(sandbox.destination).differences(from: source) == [])
        #expect(document.diagnostics == [])
        #expect(document.mounts.first?.state == "copied")
        let files = source.nodes.values.count { $0.content != .folder }
        #expect(document.objects == ["total": files, "done": files, "skipped": 0])
        #expect(document.mounts.first?.bytes["done"] == document.mounts.first?.bytes["total"])
        #expect(FileTree(sandbox.source).differences(from: source) == [])
    }

    @Test func aSecondRunTouchesNothing() throws {
        try GeneratedTree.make(at: sandbox.source)
        try sandbox.succeed(sandbox.task())
        let before = FileTree(sandbox.destination)
        let document = try sandbox.succeed(sandbox.task())
        let after = FileTree(sandbox.destination)
        #expect(after.differences(from: before) == [])
        #expect(after.inodes == before.inodes)
        #expect(document.objects["skipped"] == document.objects["total"])
        #expect(document.objects["done"] == 0)
        #expect(document.mounts.first?.bytes["done"] == 0)
    }

    /// A folder that was there before is the user's: mode and time of the folder itself stay.
    @Test func aFolderThatWasThereKeepsItsMode() throws {
        try sandbox.write(["src/a": "1", "dst/own": "2"])
        try Files.setMode(sandbox.destination, 0o711)
        try sandbox.succeed(sandbox.task())
        #expect(Files.mode(of: sandbox.destination) == 0o711)
        #expect(sandbox.names == ["a", "own"])
    }

    /// Set-id bits are nothing that a copy gives away.
    @Test func permissionBitsOnly() throws {
        try sandbox.write(["src/tool": "x"])
        try Files.setMode(sandbox.path("src/tool"), 0o6755)
        try sandbox.succeed(sandbox.task())
        #expect(Files.mode(of: sandbox.path("dst/tool")) == 0o755)
    }

    @Test func changedAddedAndRemoved() throws {
        try sandbox.write(["src/same": "1", "src/changed": "1", "src/removed": "1", "src/d/deep": "1"])
        try sandbox.succeed(sandbox.task())
        let before = FileTree(sandbox.destination)
        try Files.write("2", to: sandbox.path("src/changed"), modified: (1_600_000_000, 123_456_790))
        try Files.write("longer", to: sandbox.path("src/d/deep"), modified: (1_600_000_000, 123_456_789))
        try Files.remove(sandbox.path("src/removed"))
        try sandbox.write(["src/d/new/added": "3"])
        let document = try sandbox.succeed(sandbox.task())
        #expect(document.objects == ["total": 4, "done": 3, "skipped": 1])
        var expected = FileTree(sandbox.source).below
        expected[ByteName("removed".utf8)] = before.nodes[ByteName("removed".utf8)]
        #expect(FileTree(sandbox.destination).below == expected)
        let same = ByteName("same".utf8)
        #expect(FileTree(sandbox.destination).inodes[same] == before.inodes[same])
    }

    /// A folder of ours takes the source's new time, as every file does.
    @Test func theFolderItselfFollowsItsSource() throws {
        try sandbox.write(["src/a": "1"])
        try sandbox.succeed(sandbox.task())
        try sandbox.write(["src/b": "2"])
        try Files.setMode(sandbox.source, 0o700)
        try Files.setModified(sandbox.source, (1_700_000_000, 7))
        try sandbox.succeed(sandbox.task())
        #expect(FileTree(sandbox.destination).differences(from: FileTree(sandbox.source)) == [])
    }

    @Test func emptySources() throws {
        let document = try sandbox.succeed(sandbox.task())
        #expect(document.diagnostics.count == 1)
        #expect(document.diagnostics.first?.hasPrefix("warning bad-value") == true)
        #expect(FileTree(sandbox.destination) == FileTree(sandbox.source))
    }

    // MARK: Single files

    @Test func aSingleFileIsTheDestination() throws {
        try sandbox.write(["src/model.bin": "weights"])
        try Files.setMode(sandbox.path("src/model.bin"), 0o440)
        let document = try sandbox.succeed("file_mounts: {\(sandbox.path("x/y/m")): ./src/model.bin}")
        let copied = FileTree(sandbox.path("x/y")).nodes[ByteName("m".utf8)]
        #expect(copied != nil)
        #expect(copied == FileTree(sandbox.source).nodes[ByteName("model.bin".utf8)])
        #expect(document.objects["total"] == 1)
        let again = try sandbox.succeed("file_mounts: {\(sandbox.path("x/y/m")): ./src/model.bin}")
        #expect(again.objects["skipped"] == 1)
    }

    @Test func aSlashAtTheEndMeansTheFolder() throws {
        try sandbox.write(["src/model.bin": "weights"])
        try sandbox.succeed("file_mounts: {\(sandbox.path("x/")): ./src/model.bin}")
        #expect(sandbox.content("x/model.bin") == "weights")
    }

    @Test func allWaysToNameALocalFile() throws {
        try sandbox.write(["src/a": "A", "home/h": "H"])
        let task = """
            file_mounts:
              \(sandbox.path("1")): ./src/a
              \(sandbox.path("2")): \(sandbox.path("src/a"))
              \(sandbox.path("3")): file://\(sandbox.path("src/a"))
              \(sandbox.path("4")): ~/h
              ~/5: ./src/a
              \(sandbox.path("6")): file://\(sandbox.source)/
            """
        let words = try sandbox.words(task, [])
        let finished = try Program.run(words, environment: ["HOME": sandbox.path("home")], in: sandbox.folder.path)
        #expect(finished.status == 0, "\(finished.output)\(finished.errors)")
        #expect(["1", "2", "3", "home/5", "6/a"].map(sandbox.content) == Array(repeating: "A", count: 5))
        #expect(sandbox.content("4") == "H")
    }

    /// A source is what its name leads to; only links inside of it are links.
    @Test func aSourceThatIsALink() throws {
        try sandbox.write(["real/file": "content"])
        try Files.makeLink(sandbox.path("to-file"), to: "real/file")
        try Files.makeLink(sandbox.path("to-folder"), to: "real")
        let task = """
            file_mounts:
              \(sandbox.path("x/file")): ./to-file
              \(sandbox.path("x/folder")): ./to-folder
              \(sandbox.path("x/list")): {source: [./to-file, ./to-folder]}
            """
        try sandbox.succeed(task)
        for name in ["x/file", "x/folder/file", "x/list/to-file", "x/list/to-folder/file"] {
            #expect(sandbox.content(name) == "content", "\(name)")
        }
    }

    // MARK: Lists

    @Test func itemsOfAListLandUnderTheirNames() throws {
        try GeneratedTree.make(at: sandbox.source)
        try sandbox.write(["one.txt": "1", "other/two": "2"])
        let task = "file_mounts: {\(sandbox.destination): {source: [./one.txt, ./src, ./other/]}}"
        try sandbox.succeed(task)
        #expect(sandbox.content("dst/one.txt") == "1")
        #expect(sandbox.content("dst/other/two") == "2")
        #expect(FileTree(sandbox.path("dst/src")).differences(from: FileTree(sandbox.source)) == [])
        let again = try sandbox.succeed(task)
        #expect(again.objects["done"] == 0)
    }

    @Test func aListOfOneIsAList() throws {
        try sandbox.write(["src/a": "1", "f": "2"])
        try sandbox.succeed(
            "file_mounts: {\(sandbox.path("x")): {source: [./src]}, \(sandbox.path("y")): {source: [./f]}}")
        #expect(sandbox.content("x/src/a") == "1")
        #expect(sandbox.content("y/f") == "2")
    }

    // MARK: Owners' wishes

    @Test func nothingHiddenIsLeftOut() throws {
        try sandbox.write(["src/.git/config": "1", "src/.env": "2", "src/..data": "3"])
        try sandbox.succeed(sandbox.task())
        #expect(sandbox.names == [".git", ".git/config", ".env", "..data"])
    }
}
