import Foundation
import TestSupport
import Testing

/// `on_nonempty: mirror`
@Suite(.apart) struct MirrorTests {
    private let sandbox: CopySandbox

    init() throws {
        sandbox = try CopySandbox()
    }

    @Test func mirrorRemovesOnlyWhatItPutThere() throws {
        try sandbox.write([
            "src/kept": "1", "src/gone": "1", "src/d/gone": "1", "src/shared/gone": "1", "dst/own": "2",
            "dst/e/own": "2",
        ])
        let mirror = sandbox.task("on_nonempty: mirror")
        try sandbox.succeed(mirror)
        try sandbox.write(["dst/shared/own": "2", "dst/later": "2"])
        for name in ["src/gone", "src/d/gone", "src/d", "src/shared/gone", "src/shared"] {
            try Files.remove(sandbox.path(name))
        }
        try sandbox.succeed(mirror)
        #expect(sandbox.names == ["kept", "own", "e", "e/own", "shared", "shared/own", "later"])
        try sandbox.succeed(mirror)
        #expect(sandbox.names == ["kept", "own", "e", "e/own", "shared", "shared/own", "later"])
    }

    /// A mirror's manifest also holds what earlier merges have made.
    @Test func mirrorAfterMerge() throws {
        try sandbox.write(["src/kept": "1", "src/gone": "1", "dst/own": "2"])
        try sandbox.succeed(sandbox.task())
        try Files.remove(sandbox.path("src/gone"))
        try sandbox.succeed(sandbox.task())
        #expect(sandbox.names == ["kept", "gone", "own"])
        try sandbox.succeed(sandbox.task("on_nonempty: mirror"))
        #expect(sandbox.names == ["kept", "own"])
    }

    @Test(arguments: ["", ", include: nothing", ", exclude: '*'"])
    func mirrorRemovesNothingAfterAnEmptyListing(choice: String) throws {
        try sandbox.write(["src/a": "1", "src/d/b": "1"])
        try sandbox.succeed(sandbox.task("on_nonempty: mirror"))
        if choice.isEmpty {
            for name in ["src/a", "src/d/b", "src/d"] { try Files.remove(sandbox.path(name)) }
        }
        try sandbox.succeed(sandbox.task("on_nonempty: mirror" + choice))
        #expect(sandbox.names == ["a", "d", "d/b"])
        guard choice.isEmpty else { return }
        // They are still ours: a source that comes back decides again.
        try sandbox.write(["src/c": "1"])
        try sandbox.succeed(sandbox.task("on_nonempty: mirror"))
        #expect(sandbox.names == ["c"])
    }

    @Test func mirrorRemovesNothingAfterAFailedListing() throws {
        try sandbox.write(["src/a": "1", "src/closed/b": "1"])
        try Files.setOwner(sandbox.folder.path, 65534)
        let mirror = sandbox.task("on_nonempty: mirror")
        #expect(try sandbox.run(mirror, asUser: 65534).status == 0)
        try Files.remove(sandbox.path("src/a"))
        try Files.setMode(sandbox.path("src/closed"), 0o000)
        #expect(try sandbox.run(mirror, asUser: 65534).status == 77)
        #expect(sandbox.names == ["a", "closed", "closed/b"])
    }

    /// What stands below a mount of its own is that mount's, also when an earlier run of the outer one had put it there.
    @Test func mirrorRemovesNothingBelowAnotherMount() throws {
        try sandbox.write(["src/a": "1", "src/sub/x": "same", "inner/x": "same"])
        try sandbox.succeed(sandbox.task("on_nonempty: mirror"))
        let before = FileTree(sandbox.destination)
        try Files.remove(sandbox.path("src/sub/x"))
        try Files.remove(sandbox.path("src/sub"))
        let task = """
            file_mounts:
              \(sandbox.destination): {source: ./src, on_nonempty: mirror}
              \(sandbox.destination)/sub: ./inner
            """
        try sandbox.succeed(task)
        #expect(sandbox.names == ["a", "sub", "sub/x"])
        #expect(FileTree(sandbox.destination).inodes == before.inodes)
        try sandbox.succeed(task, "--only", sandbox.destination)
        #expect(sandbox.names == ["a", "sub", "sub/x"])
    }

    /// A folder of ours that somebody has replaced by a link is not gone through.
    @Test func mirrorFollowsNoLink() throws {
        try sandbox.write(["src/kept": "1", "src/d/x": "1", "outside/x": "2"])
        try sandbox.succeed(sandbox.task("on_nonempty: mirror"))
        try FileManager.default.removeItem(atPath: sandbox.path("dst/d"))
        try Files.makeLink(sandbox.path("dst/d"), to: "../outside")
        try FileManager.default.removeItem(atPath: sandbox.path("src/d"))
        try sandbox.succeed(sandbox.task("on_nonempty: mirror"))
        #expect(sandbox.content("outside/x") == "2")
    }
}
