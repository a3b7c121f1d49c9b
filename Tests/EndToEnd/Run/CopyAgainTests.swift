import Glibc
import TestSupport
import Testing

/// What a run does to what earlier runs, and the user, have left at the destination.
@Suite(.apart) struct CopyAgainTests {
    private let sandbox: CopySandbox

    init() throws {
        sandbox = try CopySandbox()
        try sandbox.write(["src/file": "one", "src/folder/file": "two"])
    }

    private var mirror: String { sandbox.task("on_nonempty: mirror") }

    private func expectEqualTrees(at location: Testing.SourceLocation = #_sourceLocation) {
        #expect(
            FileTree(sandbox.destination).differences(from: FileTree(sandbox.source)) == [], sourceLocation: location)
    }

    @Test func mirrorTurnsAFolderIntoAFile() throws {
        try sandbox.succeed(mirror)
        Files.removeTree(sandbox.path("src/folder"))
        try sandbox.write(["src/folder": "now a file"])
        try sandbox.succeed(mirror)
        expectEqualTrees()
    }

    @Test func mirrorTurnsAFileIntoAFolder() throws {
        try sandbox.succeed(mirror)
        try Files.remove(sandbox.path("src/file"))
        try sandbox.write(["src/file/in/it": "now a folder"])
        try sandbox.succeed(mirror)
        expectEqualTrees()
    }

    /// What the user has put there is in the way, and stays.
    @Test(arguments: ["folder", "file"])
    func mirrorLeavesOthersFilesInTheWay(changing name: String) throws {
        try sandbox.succeed(mirror)
        if name == "folder" {
            try sandbox.write(["dst/folder/mine": "mine"])
            Files.removeTree(sandbox.path("src/folder"))
            try sandbox.write(["src/folder": "now a file"])
        } else {
            try sandbox.write(["dst/file": "mine"])
            try Files.remove(sandbox.path("src/file"))
            try sandbox.write(["src/file/in/it": "now a folder"])
        }
        try sandbox.fail(73, mirror)
        #expect(sandbox.content(name == "folder" ? "dst/folder/mine" : "dst/file") == "mine")
    }

    @Test func forceCopiesAgainWhatIsInPlace() throws {
        try sandbox.succeed(sandbox.task())
        #expect(try sandbox.succeed(sandbox.task()).objects["done"] == 0)
        let forced = try sandbox.succeed(sandbox.task(), "--force")
        #expect(forced.objects["done"] == 2)
        #expect(forced.objects["skipped"] == 0)
        expectEqualTrees()
    }

    @Test func localEditsAreReplacedAndTold() throws {
        try sandbox.succeed(sandbox.task())
        try sandbox.write(["dst/file": "edited"])
        let merged = try sandbox.succeed(sandbox.task())
        #expect(sandbox.content("dst/file") == "one")
        #expect(merged.diagnostics.contains { $0.hasPrefix("warning nonempty-destination 1 file below") })
        #expect(try sandbox.succeed(sandbox.task()).diagnostics == [])
    }

    /// Two state folders, so that neither run sees the other's notes.
    @Test func runsWithTwoStateFoldersWaitForEachOther() throws {
        for number in 0..<1500 { try sandbox.write(["src/\(number)": "x"]) }
        let first = try sandbox.start(sandbox.task())
        let isHalted = try first.halt { sandbox.names.count > 3 }
        try #require(isHalted)
        let second = try sandbox.start(sandbox.task(), ["--state-dir", sandbox.path("other")])
        usleep(300_000)
        #expect(try second.isRunning)
        first.resume()
        let (one, two) = (try first.wait(), try second.wait(seconds: 60))
        #expect([one.status, two.status] == [0, 0], "\(one.errors)\(two.errors)")
        #expect(try Document(two).objects["done"] == 0)
        expectEqualTrees()
    }

    /// What a run that was killed while it replaced a note has left in the state folder.
    @Test func halfWrittenNotesAreClearedAway() throws {
        try sandbox.succeed(sandbox.task())
        let notes = try #require(FileTree(sandbox.state).names.first { $0.hasSuffix("/manifest") })
        let left = sandbox.state + "/" + notes.dropLast("manifest".count) + ".manifest.1.new"
        try Files.write("half", to: left)
        try sandbox.succeed(sandbox.task())
        #expect(!FileTree(sandbox.state).names.contains { $0.hasSuffix(".new") })
    }
}
