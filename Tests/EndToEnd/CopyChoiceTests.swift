import Foundation
import TestSupport
import Testing

/// What of a source is copied, and what becomes of what stands at the destination.
@Suite struct CopyChoiceTests {
    private let sandbox: CopySandbox

    init() throws {
        sandbox = try CopySandbox()
    }

    // MARK: include, exclude, .skyignore

    @Test func include() throws {
        try sandbox.write([
            "src/a.txt": "", "src/d/b.txt": "", "src/d/c.bin": "", "src/e/f/g.bin": "", "src/h/i.txt": "",
        ])
        try Files.makeFolder(sandbox.path("src/empty"))
        let document = try sandbox.succeed(sandbox.task("include: ['*.txt', e/f/*]"))
        #expect(sandbox.names == ["a.txt", "d", "d/b.txt", "e", "e/f", "e/f/g.bin", "h", "h/i.txt"])
        #expect(document.objects["total"] == 4)
    }

    @Test func exclude() throws {
        try sandbox.write(["src/a.txt": "", "src/d/b.txt": "", "src/d/keep": "", "src/logs/x": "", "src/e/logs/y": ""])
        try sandbox.succeed(sandbox.task("exclude: ['*.txt', logs/*]"))
        #expect(sandbox.names == ["d", "d/keep", "e", "e/logs", "e/logs/y", "logs"])
    }

    @Test func excludeWinsOverInclude() throws {
        try sandbox.write(["src/a.txt": "", "src/b.txt": "", "src/c": ""])
        try sandbox.succeed(sandbox.task("include: '*.txt', exclude: b.*"))
        #expect(sandbox.names == ["a.txt"])
    }

    @Test func skyignore() throws {
        let rules = "# comment\n\n*.log\n/top\nfolder/\n\\#name\nblanks \t \r\n"
        try sandbox.write([
            "src/.skyignore": rules, "src/a.log": "", "src/d/b.log": "", "src/top": "", "src/d/top": "",
            "src/folder/x": "", "src/d/folder/x": "", "src/#name": "", "src/blanks": "", "src/# comment": "",
            "src/kept": "",
        ])
        try sandbox.succeed(sandbox.task())
        #expect(sandbox.names.subtracting([".skyignore"]) == ["# comment", "d", "d/top", "kept"])
    }

    @Test func skyignoreOfEachItemOfAList() throws {
        try sandbox.write(["a/.skyignore": "x", "a/x": "", "a/y": "", "b/x": ""])
        try sandbox.succeed("file_mounts: {\(sandbox.destination): {source: [./a, ./b]}}")
        #expect(sandbox.names.subtracting(["a/.skyignore"]) == ["a", "a/y", "b", "b/x"])
    }

    /// What is excluded need not be readable.
    @Test func anExcludedFolderIsNotEntered() throws {
        try #require(geteuid() == 0)
        try sandbox.write(["src/closed/x": "", "src/open": ""])
        try Files.setMode(sandbox.path("src/closed"), 0o000)
        try Files.setOwner(sandbox.folder.path, 65534)
        let finished = try sandbox.run(sandbox.task("exclude: closed"), asUser: 65534)
        #expect(finished.status == 0, "\(finished.output)\(finished.errors)")
        #expect(sandbox.names == ["open"])
    }

    // MARK: Links and special files

    @Test func linksThatLeadOutsideAreLeftOutAndNamed() throws {
        let outside = [
            "absolute": "/etc/passwd", "up": "..", "up-file": "../secret", "d/twice": "../../secret", "a": "b/../../x",
            "d/back": "../d/../../secret", "root": "/", "b": "d/../..",
        ]
        let inside = ["in": "d/file", "d/in": "../in", "d/root": "..", "dot": "./d/./file"]
        try sandbox.write(["secret": "s", "src/d/file": "f"])
        for (name, target) in outside.merging(inside, uniquingKeysWith: { first, _ in first }) {
            try Files.makeLink(sandbox.path("src/" + name), to: target)
        }
        for options in [["--dry-run"], []] {
            let finished = try sandbox.run(sandbox.task(), options)
            #expect(finished.status == 0)
            let warning = try #require(try Document(finished).diagnostics.first)
            #expect(warning.hasPrefix("warning "))
            #expect(outside.keys.count { warning.contains("`\($0)`") } == 5, "\(warning)")
            #expect(warning.contains("and 3 more"))
            #expect(!inside.keys.contains { warning.contains("`\($0)`") }, "\(warning)")
        }
        #expect(sandbox.names == ["d", "d/file", "in", "d/in", "d/root", "dot"])
    }

    /// A chain of links, each harmless by itself, cannot leave the tree either.
    @Test func noChainOfLinksLeadsOutside() throws {
        try sandbox.write(["secret": "s", "src/deep/er/file": "f"])
        for (name, target) in ["one": "deep/er", "two": "one/..", "three": "two/../..", "deep/er/up": "../../one"] {
            try Files.makeLink(sandbox.path("src/" + name), to: target)
        }
        try sandbox.succeed(sandbox.task())
        let root = try #require(realpath(sandbox.destination, nil))
        defer { free(root) }
        for name in sandbox.names {
            guard let real = realpath(sandbox.destination + "/" + name, nil) else { continue }
            defer { free(real) }
            #expect(String(cString: real).hasPrefix(String(cString: root)), "\(name)")
        }
    }

    @Test func specialFilesAreLeftOutAndNamed() throws {
        try sandbox.write(["src/a": "1"])
        try Files.makePipe(sandbox.path("src/pipe"))
        let document = try sandbox.succeed(sandbox.task())
        #expect(sandbox.names == ["a"])
        #expect(document.diagnostics.count == 1)
        #expect(document.diagnostics.first?.contains("`pipe`") == true)
    }

    @Test func aSourceThatIsAPipe() throws {
        try Files.makePipe(sandbox.path("src/pipe"))
        let document = try sandbox.succeed("file_mounts: {\(sandbox.path("x/y")): ./src/pipe}")
        #expect(document.diagnostics.contains { $0.contains("`pipe`") })
        #expect(!Files.isThere(sandbox.path("x/y")))
    }

    // MARK: on_nonempty

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

    @Test func includingAFolderMeansWhatIsInIt() throws {
        try sandbox.write(["src/d/a": "1", "src/x/d/b": "1", "src/c": "1"])
        try sandbox.succeed(sandbox.task("include: [d/]"))
        #expect(sandbox.names == ["d", "d/a", "x", "x/d", "x/d/b"])
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
