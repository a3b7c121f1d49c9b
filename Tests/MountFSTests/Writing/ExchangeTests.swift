import Glibc
import ObjectStore
import Platform
import Staging
import TestSupport
import Testing

@testable import MountFS

/// Two names that change places, and what is left when everybody is killed meanwhile.
struct ExchangeTests {
    private let create = O_RDWR | O_CREAT | O_TRUNC

    /// As this mount, the bucket and another mount have it.
    private func expect(
        _ texts: [String: String], _ sandbox: WritingSandbox, at location: SourceLocation = #_sourceLocation
    ) async throws {
        await sandbox.mount.drain()
        #expect(sandbox.mount.progress.isSafe, sourceLocation: location)
        let elsewhere = try sandbox.elsewhere()
        for (name, text) in texts {
            #expect(try await sandbox.program.text(name) == text, sourceLocation: location)
            #expect(sandbox.bucket.text(ObjectKey(name)) == text, sourceLocation: location)
            #expect(try await elsewhere.text(name) == text, sourceLocation: location)
        }
        #expect(Set(sandbox.bucket.keys) == Set(texts.keys), sourceLocation: location)
    }

    // MARK: What is asked

    /// The smaller one comes here, whichever is named first.
    @Test(arguments: CommitMode.allCases, [("f", "d/g"), ("d/g", "f")])
    func twoObjects(commit: CommitMode, names: (String, String)) async throws {
        let sandbox = try WritingSandbox(commit)
        sandbox.bucket.set("f", Array("one".utf8), metadata: ["colour": "red", "mode": "33152"])
        sandbox.bucket.set("d/g", Array("the other".utf8), metadata: ["mtime": "1600000000.5"])
        let (node, other) = (try await sandbox.program.node("f"), try await sandbox.program.node("d/g"))
        try await sandbox.program.rename(names.0, to: names.1, .required)
        #expect(sandbox.bucket.takeChanges() == [.copy("d/g", to: "f"), .put("d/g")])
        #expect(sandbox.bucket.text("f") == "the other" && sandbox.bucket.text("d/g") == "one")
        #expect(try await sandbox.program.node("f") == other)
        #expect(try await sandbox.program.node("d/g") == node)
        try await expect(["f": "the other", "d/g": "one"], sandbox)
        for program in [sandbox.program, try sandbox.elsewhere()] {
            let moved = try #require(try await program.attributes("d/g"))
            #expect(moved.mode == 0o600 && moved.modified == FileTime(seconds: 1_700_000_000, nanoseconds: 0))
            let copied = try #require(try await program.attributes("f"))
            #expect(copied.mode == 0o644 && copied.modified.nanoseconds == 500_000_000)
        }
        #expect(sandbox.bucket.objects["d/g"]?.metadata.user["colour"] == "red")
        // And back.
        try await sandbox.program.rename("d/g", to: "f", .required)
        try await expect(["f": "one", "d/g": "the other"], sandbox)
    }

    @Test func whatNobodyHasUploadedCostsNothing() async throws {
        let sandbox = try WritingSandbox(.close)
        let (one, two) = (try await sandbox.program.open("f", create), try await sandbox.program.open("g", create))
        try await sandbox.program.write("one", to: one)
        try await sandbox.program.write("two", to: two)
        try await sandbox.program.rename("f", to: "g", .required)
        #expect(sandbox.bucket.takeChanges() == [])
        #expect(try await sandbox.program.text("g") == "one")
        try await sandbox.program.write("!", at: 3, to: one)
        try await sandbox.program.close(one)
        try await sandbox.program.close(two)
        try await expect(["f": "two", "g": "one!"], sandbox)
    }

    /// The bucket has nothing in it until the new file is whole.
    @Test func theFolderOfAnObjectStays() async throws {
        let sandbox = try WritingSandbox(.close, ["d/f": "old"])
        let file = try await sandbox.program.open("new", create)
        try await sandbox.program.rename("new", to: "d/f", .required)
        #expect(sandbox.bucket.keys == ["new"])
        for _ in 0..<3 {
            sandbox.mount.pass(milliseconds: 1001)
            #expect(try await sandbox.program.names() == ["d", "new"])
            #expect(try await sandbox.program.names("d") == ["f"])
        }
        try await sandbox.program.close(file)
        try await expect(["d/f": "", "new": "old"], sandbox)
    }

    @Test(arguments: [true, false]) func oneOfThemIsNew(isFirst: Bool) async throws {
        let sandbox = try WritingSandbox(.close, ["old": "old"])
        let file = try await sandbox.program.open("new", create)
        try await sandbox.program.write("new", to: file)
        let names = isFirst ? ("new", "old") : ("old", "new")
        try await sandbox.program.rename(names.0, to: names.1, .required)
        #expect(sandbox.bucket.takeChanges() == [.copy("old", to: "new"), .delete("old")])
        #expect(try await sandbox.program.text("old") == "new")
        try await sandbox.program.close(file)
        try await expect(["old": "new", "new": "old"], sandbox)
    }

    /// Readers and writers have what they had, under its other name.
    @Test func whatIsOpenGoesOn() async throws {
        let sandbox = try WritingSandbox(.close, ["f": "0123456789", "g": "other"])
        let writer = try await sandbox.program.open("f", O_RDWR)
        let reader = try await sandbox.program.open("g", O_RDONLY)
        try await sandbox.program.write("ab", to: writer)
        try await sandbox.program.rename("f", to: "g", .required)
        #expect(try await sandbox.program.read(from: reader) == Array("other".utf8))
        #expect(try await sandbox.program.read(from: writer) == Array("ab23456789".utf8))
        #expect(try await sandbox.program.text("f") == "other")
        #expect(sandbox.bucket.text("f") == "other" && sandbox.bucket.text("g") == "0123456789")
        try await sandbox.program.write("cd", at: 2, to: writer)
        try await sandbox.program.close(writer)
        sandbox.program.release(reader)
        try await expect(["f": "other", "g": "abcd456789"], sandbox)
    }

    /// What was whole before is there again, under its other name.
    @Test func aWriterDies() async throws {
        let sandbox = try WritingSandbox(.close, ["f": "old", "g": "other, and longer"])
        let file = try await sandbox.program.open("f", O_RDWR | O_TRUNC)
        try await sandbox.program.write("half", to: file)
        try await sandbox.program.rename("f", to: "g", .required)
        try await sandbox.program.flush(file, by: .process(100, isDying: true))
        sandbox.program.release(file)
        await sandbox.mount.drain()
        #expect(sandbox.bucket.text("f") == "other, and longer" && sandbox.bucket.text("g") == "old")
        #expect(try await sandbox.program.text("g") == "old")
        #expect(sandbox.mount.progress.kept.map(\.reason) == [.torn])
    }

    @Test func whatIsRefused() async throws {
        let sandbox = try WritingSandbox(.close, ["f": "x", "g": "y", "d/h": "z", "e/": ""])
        let program = sandbox.program
        await expectError(ENOENT) { try await program.rename("none", to: "g", .required) }
        await expectError(ENOENT) { try await program.rename("f", to: "none", .required) }
        await expectError(EINVAL) { try await program.rename("d", to: "e", .required) }
        await expectError(EINVAL) { try await program.rename("f", to: "d", .required) }
        try await program.rename("f", to: "f", .required)
        // Of which of them the bucket has less than what is told nobody could say.
        let files = (try await program.open("f", O_RDWR), try await program.open("g", O_RDWR))
        await expectError(EBUSY) { try await program.rename("f", to: "g", .required) }
        program.release(files.0)
        program.release(files.1)
        #expect(sandbox.bucket.takeChanges() == [] && sandbox.bucket.keys == ["d/h", "e/", "f", "g"])
    }

    /// Both are there afterwards, as before, and nothing is under way.
    @Test func theStoreRefuses() async throws {
        let sandbox = try WritingSandbox(.close, ["f": "one", "g": "two"])
        sandbox.bucket.fail { _, call in
            if case .copy = call { StoreError(.denied, "not you") } else { nil }
        }
        await expectError(EACCES) { try await sandbox.program.rename("f", to: "g", .required) }
        sandbox.bucket.fail(nil)
        try await expect(["f": "one", "g": "two"], sandbox)
    }

    @Test func somebodyElseHasWritten() async throws {
        let sandbox = try WritingSandbox(.close, ["f": "one", "g": "two"])
        _ = try await sandbox.program.attributes("f")
        sandbox.bucket.set("f", Array("theirs".utf8))
        await expectError(ESTALE) { try await sandbox.program.rename("f", to: "g", .required) }
        #expect(sandbox.bucket.text("f") == "theirs" && sandbox.bucket.text("g") == "two")
    }

    // MARK: Everybody is killed

    @Test(arguments: [SessionLine.Step.copy, .put], SessionLine.Moment.allCases)
    func killedInTheMiddle(step: SessionLine.Step, moment: SessionLine.Moment) async throws {
        let sandbox = try WritingSandbox(.close, ["f": "one", "g": "the other"])
        sandbox.line.cut(step, 1, moment)
        let exchanged = Begun { try await sandbox.program.rename("f", to: "g", .required) }
        #expect(await soon { sandbox.line.isCut })
        #expect(!exchanged.hasEnded)
        let mount = try sandbox.runAgain()
        await mount.drain()
        let kept = try mount.progress.kept.map(sandbox.bytes)
        #expect(mount.progress.pendingFiles == 0)
        switch (step, moment) {
        case (.put, _):
            #expect(sandbox.bucket.text("f") == "the other" && sandbox.bucket.text("g") == "one" && kept == [])
        case (_, .before):
            #expect(sandbox.bucket.text("f") == "one" && sandbox.bucket.text("g") == "the other" && kept == [])
        default:
            #expect(sandbox.bucket.text("f") == "the other" && sandbox.bucket.text("g") == "the other")
            #expect(kept == ["one"])
        }
    }

    /// The log of one of them says the new name, that of the other the old one still.
    @Test func halfOfTheNamesAreNoted() async throws {
        let sandbox = try WritingSandbox(.fsync)
        for (name, text) in [("f", "one"), ("g", "two")] {
            let file = try await sandbox.program.open(name, create)
            try await sandbox.program.write(text, to: file)
            if name == "g" { sandbox.line.cut() }
        }
        for (_, file) in sandbox.mount.tree.written() { try file.saveBehind() }
        let file = try #require(sandbox.mount.tree.written().first { $0.file.key == "f" }?.file)
        try file.move(to: "g", replacing: nil, WrittenExchange(from: "f", was: nil))
        let mount = try sandbox.runAgain()
        await mount.drain()
        #expect(sandbox.bucket.text("f") == "two" && sandbox.bucket.text("g") == "one")
        #expect(mount.progress.isSafe)
    }

    /// The same when the store has copied what was there already, and something of that was written here.
    @Test func halfOfTheObjectsHaveMoved() async throws {
        let sandbox = try WritingSandbox(.fsync, ["f": "one", "g": "the other"])
        let (brought, copied) = (
            try await sandbox.program.open("f", O_RDWR), try await sandbox.program.open("g", O_RDWR)
        )
        let file = try #require(sandbox.mount.tree.written(brought.node))
        let version = try #require(sandbox.mount.tree.written(copied.node)?.replacing)
        try file.fill(Array("one".utf8), at: 0)
        sandbox.line.cut()
        try file.staged.seal()
        try await sandbox.program.write("THE", to: copied)
        try await sandbox.program.close(copied)
        let exchange = WrittenExchange(
            from: "f", was: file.replacing, copied: sandbox.bucket.set("f", Array("the other".utf8)))
        try file.move(to: "g", replacing: version, exchange)
        let mount = try sandbox.runAgain()
        await mount.drain()
        #expect(sandbox.bucket.text("f") == "THE other" && sandbox.bucket.text("g") == "one")
        #expect(mount.progress.isSafe)
    }

    // MARK: Local folders

    /// It would have to be renamed with all that is in it while its name is taken.
    @Test func aFolderAndWhatIsNotUploadedYet() async throws {
        let folder = try TemporaryFolder()
        try Files.makeFolder(folder.path("d"))
        try folder.write("1", to: "d/a")
        let store = try await FileStore.open(RawPath(folder.path), isDurable: false)
        let mount = try TestMount(store, staging: try TestStaging())
        let program = TestProgram(mount)
        let file = try await program.open("new", create)
        await expectError(EBUSY) { try await program.rename("d", to: "new", .required) }
        await expectError(EBUSY) { try await program.rename("new", to: "d", .required) }
        try await program.close(file)
        await mount.drain()
        try await program.rename("d", to: "new", .required)
        #expect(try folder.read("new/a") == "1")
        #expect(try folder.read("d") == "")
    }

    /// In one step, whatever the two are.
    @Test func inALocalFolder() async throws {
        let folder = try TemporaryFolder()
        try Files.makeFolder(folder.path("d"))
        try Files.makeFolder(folder.path("d/e"))
        for (name, text) in ["f": "file", "d/a": "1", "d/e/b": "2", "g": "other"] { try folder.write(text, to: name) }
        let store = try await FileStore.open(RawPath(folder.path), isDurable: false)
        let mount = try TestMount(store, staging: try TestStaging())
        let program = TestProgram(mount)
        try await program.rename("f", to: "g", .required)
        #expect(try folder.read("f") == "other")
        #expect(try folder.read("g") == "file")
        #expect(try await program.text("f") == "other")
        let inside = try await program.open("d/e/b", O_RDWR)
        try await program.write("3", to: inside)
        try await program.rename("d", to: "f", .required)
        #expect(try folder.read("d") == "other")
        #expect(try folder.read("f/e/b") == "2")
        #expect(try await program.text("d") == "other")
        #expect(try await program.names("f") == ["a", "e"])
        try await program.close(inside)
        await mount.drain()
        #expect(try folder.read("f/e/b") == "3")
        #expect(try folder.read("f/a") == "1")
        #expect(mount.progress.isSafe)
        #expect(Set(try folder.names) == ["d", "f", "g"])
    }
}
