import Foundation
import TestSupport
import Testing

/// What may stand at a destination, and what is refused.
@Suite(.apart) struct CopyDestinationTests {
    private let sandbox: CopySandbox

    init() throws {
        sandbox = try CopySandbox()
    }

    @Test func aDestinationThatIsAFile() throws {
        try sandbox.write(["src/a": "1", "dst": "mine"])
        #expect(try sandbox.fail(73, sandbox.task()).mounts.first?.code == "destination-denied")
        #expect(sandbox.content("dst") == "mine")
    }

    @Test func aFolderWhereAFileBelongs() throws {
        try sandbox.write(["src/a": "1", "dst/own": "mine"])
        let document = try sandbox.fail(73, "file_mounts: {\(sandbox.destination): ./src/a}")
        #expect((document.mounts.first?.error["hint"] as? String)?.contains("\(sandbox.destination)/") == true)
        #expect(sandbox.names == ["own"])
    }

    @Test func conflictsInsideOfTheTree() throws {
        try sandbox.write(["src/x": "file", "dst/x/own": "mine"])
        #expect(try sandbox.fail(73, sandbox.task()).mounts.first?.code == "destination-denied")
        #expect(sandbox.content("dst/x/own") == "mine")
        try sandbox.write(["src2/x/f": "file", "dst2/x": "mine"])
        #expect(try sandbox.fail(73, "file_mounts: {\(sandbox.path("dst2")): {source: ./src2}}").result == "failed")
        #expect(sandbox.content("dst2/x") == "mine")
        #expect(sandbox.leftovers() + sandbox.leftovers(in: sandbox.path("dst2")) == [])
    }

    /// A link inside of the destination is replaced where a file belongs and refused where a folder belongs; nothing is
    /// ever written through it.
    @Test func linksInsideOfTheDestination() throws {
        try sandbox.write(["src/f": "new", "outside/f": "mine", "src2/d/f": "new", "dst2/own": ""])
        try Files.makeFolder(sandbox.destination)
        try Files.makeLink(sandbox.path("dst/f"), to: "../outside/f")
        try sandbox.succeed(sandbox.task())
        #expect(FileTree(sandbox.destination).below == FileTree(sandbox.source).below)
        try Files.makeLink(sandbox.path("dst2/d"), to: "../outside")
        try sandbox.fail(73, "file_mounts: {\(sandbox.path("dst2")): {source: ./src2}}")
        #expect(sandbox.content("outside/f") == "mine")
    }

    @Test(.enabled(if: geteuid() == 0, "giving files away takes root"))
    func onlyTrustedLinksLeadToADestination() throws {
        try sandbox.write(["src/a": "1", "real/own": "mine"])
        try Files.makeLink(sandbox.path("ours"), to: "real")
        try Files.makeLink(sandbox.path("theirs"), to: "real")
        try Files.setOwner(sandbox.path("theirs"), 65534)
        for destination in ["theirs", "theirs/x", "theirs/x/y"] {
            let document = try sandbox.fail(73, "file_mounts: {\(sandbox.path(destination)): ./src}")
            #expect(document.mounts.first?.code == "destination-denied")
        }
        #expect(FileTree(sandbox.path("real")).names == ["own"])
        try sandbox.succeed("file_mounts: {\(sandbox.path("ours/x")): {source: ./src}}")
        #expect(sandbox.content("real/x/a") == "1")
    }

    @Test(.enabled(if: MountedFolder.isPossible, Comment(rawValue: MountedFolder.absence)))
    func aReadOnlyDestination() throws {
        try sandbox.write(["src/a": "1", "there/own": "mine"])
        let mounted = try MountedFolder("size=1m")
        try mounted.makeReadOnly()
        let view = try MountedFolder(readOnlyViewOf: sandbox.path("there"))
        for destination in [mounted.path, mounted.path + "/x/y", view.path, view.path + "/x", view.path + "/own/"] {
            let document = try sandbox.fail(73, "file_mounts: {\(destination): {source: ./src}}")
            #expect(document.mounts.first?.code == "destination-denied")
        }
        let file = try sandbox.fail(73, "file_mounts: {\(view.path)/own: ./src/a}")
        #expect(file.mounts.first?.code == "destination-denied")
        #expect(FileTree(sandbox.path("there")).names == ["own"])
        #expect(sandbox.content("there/own") == "mine")
    }

    @Test(.enabled(if: geteuid() == 0, "becoming another user takes root"))
    func whatTheUserMayNot() throws {
        try sandbox.write(["src/a": "1", "src/closed": "2"])
        try Files.setMode(sandbox.path("src/closed"), 0o000)
        let task = "file_mounts: {\(sandbox.path("open/dst")): {source: ./src}}"
        try Files.makeFolder(sandbox.path("open"), mode: 0o777)
        let words = try sandbox.words(task, ["--state-dir", sandbox.path("open/state")])
        let asNobody = ["setpriv", "--reuid", "65534", "--regid", "65534", "--clear-groups"]
        let finished = try Program.run(asNobody + words, in: sandbox.folder.path)
        #expect(finished.status == 77, "\(finished.output)\(finished.errors)")
        #expect(try Document(finished).mounts.first?.code == "denied")
        let refused = try sandbox.words(sandbox.task(), ["--state-dir", sandbox.path("open/state")])
        let second = try Program.run(asNobody + refused, in: sandbox.folder.path)
        #expect(second.status == 73, "\(second.output)\(second.errors)")
        #expect(!Files.isThere(sandbox.destination))
    }

    @Test func theRootHoldsLinksToo() throws {
        try sandbox.write(["src/a": "1", "root/real/own": "mine"])
        try Files.makeLink(sandbox.path("root/absolute"), to: "/real")
        try Files.makeLink(sandbox.path("root/up"), to: "../../../../../real")
        let task = """
            file_mounts:
              /absolute/1: {source: ./src}
              /up/2: {source: ./src}
              ~/3: {source: ./src}
            """
        let words = try sandbox.words(task, ["--root", sandbox.path("root")])
        let finished = try Program.run(words, environment: ["HOME": "/home/u"], in: sandbox.folder.path)
        #expect(finished.status == 0, "\(finished.output)\(finished.errors)")
        #expect(["real/1/a", "real/2/a", "home/u/3/a"].map { sandbox.content("root/" + $0) } == ["1", "1", "1"])
        try sandbox.succeed("file_mounts: {/x: {source: ./src}}", "--root", sandbox.path("made/root"))
        #expect(sandbox.content("made/root/x/a") == "1")
    }
}
