import Foundation
import TestSupport
import Testing

/// What becomes of what stands at the destination.
@Suite(.apart) struct OnNonemptyTests {
    private let sandbox: CopySandbox

    init() throws {
        sandbox = try CopySandbox()
    }

    @Test func mergeKeepsWhatIsThere() throws {
        try sandbox.write(["src/a": "new", "src/d/b": "new", "dst/a": "older", "dst/d/own": "mine", "dst/own": "mine"])
        try sandbox.succeed(sandbox.task())
        #expect(sandbox.names == ["a", "d", "d/b", "d/own", "own"])
        #expect(sandbox.content("dst/a") == "new")
        #expect(sandbox.content("dst/own") == "mine")
    }

    @Test func refuseWritesNothing() throws {
        try sandbox.write(["src/a": "new", "dst/a": "older"])
        let before = FileTree(sandbox.destination)
        let document = try sandbox.fail(73, sandbox.task("on_nonempty: refuse"))
        #expect(document.mounts.first?.code == "nonempty-destination")
        #expect(FileTree(sandbox.destination) == before)
    }

    @Test func refuseTakesAnEmptyFolder() throws {
        try sandbox.write(["src/a": "new"])
        try Files.makeFolder(sandbox.destination)
        try sandbox.succeed(sandbox.task("on_nonempty: refuse"))
        #expect(sandbox.names == ["a"])
    }

    /// A second run, also of one that was killed, finds its own work and nothing else.
    @Test func refuseGoesOnWithItsOwn() throws {
        try sandbox.write(["src/d/a": "a", "src/b": "b"])
        try sandbox.succeed(sandbox.task("on_nonempty: refuse"))
        try FileManager.default.removeItem(atPath: sandbox.destination + "/b")
        try Files.makeFolder(sandbox.destination + "/.provision-left.tmp")
        let second = try sandbox.succeed(sandbox.task("on_nonempty: refuse"))
        #expect(second.objects == ["total": 2, "done": 1, "skipped": 1])
        try sandbox.write(["dst/d/a": "mine"])
        _ = try sandbox.fail(73, sandbox.task("on_nonempty: refuse"))
        #expect(sandbox.content("dst/d/a") == "mine")
    }

    /// Permission bits alone move no bytes.
    @Test func modesAreMendedInPlace() throws {
        try sandbox.write(["src/a": "a"])
        try sandbox.succeed(sandbox.task())
        try Files.setMode(Array((sandbox.source + "/a").utf8), 0o600)
        let second = try sandbox.succeed(sandbox.task())
        #expect(second.objects == ["total": 1, "done": 0, "skipped": 1])
        #expect(FileTree(sandbox.destination).differences(from: FileTree(sandbox.source)) == [])
    }
}
