import Glibc
import ObjectStore
import Platform
import Synchronization
import Testing

@testable import MountFS

/// Removing, renaming, folders and links, and what each asks of the bucket.
struct NameChangeTests {
    private let create = O_RDWR | O_CREAT | O_TRUNC

    // MARK: Removing

    @Test func removingIsADelete() async throws {
        let sandbox = try WritingSandbox(.close, ["d/f": "x", "d/g": "y"])
        try await sandbox.program.remove("d/f")
        #expect(sandbox.bucket.keys == ["d/g"] && sandbox.bucket.takeChanges() == [.delete("d/f")])
        #expect(try await sandbox.program.names("d") == ["g"])
        await expectError(ENOENT) { try await sandbox.program.remove("d/f") }
        await expectError(EISDIR) { try await sandbox.program.remove("d") }
    }

    @Test(arguments: CommitMode.allCases) func whatNobodyHasUploadedCostsNothingToRemove(commit: CommitMode)
        async throws
    {
        let sandbox = try WritingSandbox(commit)
        let file = try await sandbox.program.open("f", create)
        try await sandbox.program.write("x", to: file)
        try await sandbox.program.remove("f")
        #expect(try await sandbox.program.attributes("f") == nil)
        #expect(try await sandbox.program.read(from: file) == Array("x".utf8))
        try await sandbox.program.write("more", at: 1, to: file)
        #expect(try await sandbox.program.read(from: file) == Array("xmore".utf8))
        #expect(try await sandbox.mount.attributes(of: file.node).size == 5)
        try await sandbox.program.close(file)
        await sandbox.mount.drain()
        #expect(sandbox.bucket.takeChanges() == [] && sandbox.bucket.keys == [])
        #expect(sandbox.mount.progress.isSafe)
    }

    /// The name goes at once, the object with the last close: until then programs read it.
    @Test(arguments: [O_RDONLY, O_RDWR]) func whatIsOpenIsReadOnAfterItWasRemoved(flags: Int32) async throws {
        let sandbox = try WritingSandbox(.close, ["f": "content"])
        let file = try await sandbox.program.open("f", flags)
        try await sandbox.program.remove("f")
        #expect(try await sandbox.program.attributes("f") == nil)
        #expect(try await sandbox.program.names() == [])
        #expect(try await sandbox.program.read(from: file) == Array("content".utf8))
        try await sandbox.program.close(file)
        #expect(await soon { sandbox.bucket.keys == [] })
        await sandbox.mount.drain()
        #expect(sandbox.bucket.takeChanges() == [.delete("f")])
    }

    @Test func aNewFileTakesTheNameOfARemovedOneThatIsOpen() async throws {
        let sandbox = try WritingSandbox(.close, ["f": "old"])
        let old = try await sandbox.program.open("f", O_RDWR)
        try await sandbox.program.remove("f")
        try await sandbox.program.save("new", as: "f")
        #expect(try await sandbox.program.text("f") == "new" && sandbox.bucket.text("f") == "new")
        #expect(try await sandbox.program.node("f") != old.node)
        try await sandbox.program.write("written to what is gone", to: old)
        try await sandbox.program.close(old)
        await sandbox.mount.drain()
        #expect(sandbox.bucket.text("f") == "new" && sandbox.bucket.keys == ["f"])
        #expect(try await sandbox.program.text("f") == "new")
    }

    // MARK: Renaming files

    @Test(arguments: [true, false]) func whatNobodyHasUploadedCostsNothingToRename(isOpen: Bool) async throws {
        let sandbox = try WritingSandbox(.background)
        let file = try await sandbox.program.open("f", create)
        try await sandbox.program.write("x", to: file)
        if isOpen {
            try await sandbox.program.rename("f", to: "g")
            #expect(sandbox.bucket.takeChanges() == [])
            #expect(try await sandbox.program.names() == ["g"])
            #expect(try await sandbox.program.node("g") == file.node)
            try await sandbox.program.close(file)
            await sandbox.mount.drain()
            #expect(sandbox.bucket.takeChanges() == [.put("g")])
        } else {
            // It is on its way already.
            sandbox.bucket.halt()
            try await sandbox.program.close(file)
            let renamed = Begun { try await sandbox.program.rename("f", to: "g") }
            try await Task.sleep(for: .milliseconds(20))
            sandbox.bucket.goOn()
            try await renamed.end()
            await sandbox.mount.drain()
        }
        #expect(sandbox.bucket.keys == ["g"] && sandbox.bucket.text("g") == "x")
    }

    @Test func whatIsUploadedIsCopiedByTheStore() async throws {
        let sandbox = try WritingSandbox()
        sandbox.bucket.set("f", [1, 2, 3], metadata: ["colour": "red", "mode": "33152", "mtime": "1600000000.5"])
        try await sandbox.program.rename("f", to: "g")
        #expect(sandbox.bucket.takeChanges() == [.copy("f", to: "g"), .delete("f")])
        let object = try #require(sandbox.bucket.objects["g"])
        #expect(object.bytes == [1, 2, 3] && object.metadata.contentType == "text/plain")
        #expect(object.metadata.user == ["colour": "red", "mode": "33152", "mtime": "1600000000.5"])
        let attributes = try #require(try await sandbox.program.attributes("g"))
        #expect(
            attributes.mode == 0o600
                && attributes.modified == FileTime(seconds: 1_600_000_000, nanoseconds: 500_000_000))
        #expect(try await sandbox.program.names() == ["g"])
    }

    @Test func renamingIsOneStepWhereTheStoreCan() async throws {
        let sandbox = try WritingSandbox(
            .close, ["f": "x", "d/a": "1", "d/b/c": "2"], bucket: .writable { $0.atomicRename = .objectsAndFolders })
        try await sandbox.program.rename("f", to: "g")
        #expect(sandbox.bucket.takeChanges() == [.rename("f", to: "g")])
        try await sandbox.program.rename("d", to: "e")
        #expect(sandbox.bucket.takeChanges() == [.rename("d/", to: "e/")])
        #expect(sandbox.bucket.keys == ["e/a", "e/b/c", "g"])
        #expect(try await sandbox.program.text("e/b/c") == "2")
    }

    /// More than the store copies at once goes in parts.
    @Test func aLargeObjectIsCopiedInParts() async throws {
        let bucket = MemoryBucket.writable { can in
            can.maximumCopy = 1000
            can.maximumPartSize = 1000
        }
        let sandbox = try WritingSandbox(bucket: bucket)
        let content = (0..<3500).map { UInt8(truncatingIfNeeded: $0 / 7) }
        bucket.set("f", content, metadata: ["colour": "red"])
        try await sandbox.program.rename("f", to: "g")
        #expect(bucket.bytes("g") == content && bucket.keys == ["g"] && bucket.uploads == [])
        #expect(bucket.objects["g"]?.metadata.user["colour"] == "red")
    }

    /// What programs do who save: a temporary file, its mode, the name.
    @Test(arguments: CommitMode.allCases) func replacingAnOldFile(commit: CommitMode) async throws {
        let sandbox = try WritingSandbox(commit, ["f": "old"])
        let reader = try await sandbox.program.open("f", O_RDONLY)
        try await sandbox.program.save("new", as: "f.tmp", mode: 0o600)
        try await sandbox.program.change("f.tmp") { $0.mode = 0o644 }
        try await sandbox.program.rename("f.tmp", to: "f")
        #expect(try await sandbox.program.names() == ["f"])
        #expect(try await sandbox.program.text("f") == "new")
        sandbox.program.release(reader)
        await sandbox.mount.drain()
        #expect(sandbox.bucket.keys == ["f"] && sandbox.bucket.text("f") == "new")
        #expect(sandbox.bucket.objects["f"]?.metadata.user["mode"] == nil)
    }

    @Test func anOpenFileGoesOnUnderItsNewName() async throws {
        let sandbox = try WritingSandbox(.close, ["f": "0123456789"])
        let file = try await sandbox.program.open("f", O_RDWR)
        try await sandbox.program.write("ab", to: file)
        try await sandbox.program.rename("f", to: "g")
        #expect(try await sandbox.program.read(from: file) == Array("ab23456789".utf8))
        #expect(try await sandbox.program.text("g") == "ab23456789")
        try await sandbox.program.write("cd", at: 2, to: file)
        try await sandbox.program.close(file)
        await sandbox.mount.drain()
        #expect(sandbox.bucket.keys == ["g"] && sandbox.bucket.text("g") == "abcd456789")
    }

    /// What has another name by then is not what was to be removed.
    @Test func aFileIsRenamedBeforeItsRemoval() async throws {
        let sandbox = try WritingSandbox(.close, ["f": "old"])
        let file = try await sandbox.program.open("f", O_RDWR)
        sandbox.bucket.halt { $0 == .copy("f", to: "g") }
        let renaming = Begun { try await sandbox.program.rename("f", to: "g") }
        #expect(await soon { sandbox.bucket.takeCalls().contains(.copy("f", to: "g")) })
        let removing = Begun { try await sandbox.program.remove("f") }
        try await Task.sleep(for: .milliseconds(20))
        sandbox.bucket.goOn()
        try await renaming.end()
        await expectError(ENOENT) { try await removing.end() }
        try await sandbox.program.close(file)
        await sandbox.mount.drain()
        #expect(sandbox.bucket.keys == ["g"])
    }

    /// In one step: what is made in it meanwhile goes with it.
    @Test func filesAreMadeInAFolderThatIsBeingRenamed() async throws {
        let sandbox = try WritingSandbox(
            .close, ["d/a": "old"], bucket: .writable { $0.atomicRename = .objectsAndFolders })
        let inside = try await sandbox.program.working(in: "d")
        sandbox.bucket.halt { $0 == .rename("d/", to: "n/") }
        let renaming = Begun { try await sandbox.program.rename("d", to: "n") }
        #expect(await soon { sandbox.bucket.takeCalls().contains(.rename("d/", to: "n/")) })
        let saving = Begun { try await inside.save("new", as: "new") }
        let making = Begun { try await inside.makeFolder("folder") }
        try await Task.sleep(for: .milliseconds(20))
        let ended = [saving, making].map(\.hasEnded)
        #expect(ended == [false, false])
        sandbox.bucket.goOn()
        for one in [renaming, saving, making] { try await one.end() }
        await sandbox.mount.drain()
        #expect(sandbox.bucket.keys == ["n/a", "n/folder/", "n/new"] && sandbox.bucket.text("n/new") == "new")
        #expect(try await sandbox.program.names("n") == ["a", "folder", "new"])
    }

    /// Nor is what is opened meanwhile anybody else's.
    @Test func aFileIsOpenedInAFolderThatIsBeingRenamed() async throws {
        let sandbox = try WritingSandbox(
            .close, ["d/a": "0123456789"], bucket: .writable { $0.atomicRename = .objectsAndFolders })
        sandbox.bucket.halt { $0 == .rename("d/", to: "n/") }
        let renaming = Begun { try await sandbox.program.rename("d", to: "n") }
        #expect(await soon { sandbox.bucket.takeCalls().contains(.rename("d/", to: "n/")) })
        let file = try await sandbox.program.open("d/a", O_RDWR)
        try await sandbox.program.write("ab", to: file)
        sandbox.bucket.goOn()
        try await renaming.end()
        #expect(try await sandbox.program.read(from: file) == Array("ab23456789".utf8))
        try await sandbox.program.close(file)
        await sandbox.mount.drain()
        #expect(sandbox.bucket.keys == ["n/a"] && sandbox.bucket.text("n/a") == "ab23456789")
        #expect(sandbox.mount.progress.kept == [])
    }

    /// What was whole when it got its name is what a writer who dies then leaves.
    @Test func aRenamedFileIsTorn() async throws {
        let sandbox = try WritingSandbox(.close, ["f": "old"])
        let file = try await sandbox.program.open("f", O_RDWR | O_TRUNC)
        try await sandbox.program.write("half", to: file)
        try await sandbox.program.rename("f", to: "g")
        try await sandbox.program.flush(file, by: .process(100, isDying: true))
        sandbox.program.release(file)
        await sandbox.mount.drain()
        #expect(sandbox.bucket.keys == ["g"] && sandbox.bucket.text("g") == "old")
        #expect(try await sandbox.program.names() == ["g"])
        #expect(try await sandbox.program.text("g") == "old")
        #expect(sandbox.mount.progress.kept.map(\.reason) == [.torn])
    }

    @Test func whatIsReplacedWhileItIsOpenIsNotSaved() async throws {
        let sandbox = try WritingSandbox(.close, ["f": "old"])
        let old = try await sandbox.program.open("f", O_RDWR)
        try await sandbox.program.write("lost", to: old)
        try await sandbox.program.save("new", as: "g")
        try await sandbox.program.rename("g", to: "f")
        #expect(try await sandbox.program.read(from: old) == Array("lost".utf8))
        try await sandbox.program.write("more", to: old)
        try await sandbox.program.close(old)
        await sandbox.mount.drain()
        #expect(sandbox.bucket.keys == ["f"] && sandbox.bucket.text("f") == "new")
        #expect(try await sandbox.program.text("f") == "new")
    }

    @Test func whatIsRefused() async throws {
        let sandbox = try WritingSandbox(.close, ["f": "x", "g": "y", "d/h": "z"])
        let program = sandbox.program
        await expectError(EEXIST) { try await program.rename("f", to: "g", .forbidden) }
        await expectError(ENOENT) { try await program.rename("none", to: "g") }
        await expectError(EISDIR) { try await program.rename("f", to: "d") }
        await expectError(ENOTDIR) { try await program.rename("d", to: "f") }
        await expectError(EPERM) { try await program.makeSecondName("l", of: "f") }
        await expectError(EPERM) { try await program.makeNode("p", mode: S_IFIFO | 0o644) }
        await expectError(EPERM) { try await program.makeNode("p", mode: S_IFCHR | 0o644) }
        await expectError(EPERM) { try await program.makeNode("p", mode: S_IFBLK | 0o644) }
        await expectError(EPERM) { try await program.makeNode("p", mode: S_IFSOCK | 0o644) }
        await expectError(EEXIST) { _ = try await program.make("f", O_WRONLY | O_CREAT) }
        await expectError(EEXIST) { try await program.makeFolder("d") }
        await expectError(EEXIST) { try await program.makeLink("f", to: "x") }
        await expectError(ENOTEMPTY) { try await program.removeFolder("d") }
        await expectError(ENOTDIR) { try await program.removeFolder("f") }
        await expectError(ENOENT) { try await program.removeFolder("none") }
        let long = String(repeating: "n", count: 256)
        await expectError(ENAMETOOLONG) { try await program.save("x", as: long) }
        await expectError(ENAMETOOLONG) { try await program.makeFolder(long) }
        await expectError(ENAMETOOLONG) { try await program.rename("f", to: long) }
        #expect(sandbox.bucket.takeChanges() == [] && sandbox.bucket.keys == ["d/h", "f", "g"])
        try await program.rename("f", to: "new", .forbidden)
        try await program.makeNode("made", mode: S_IFREG | 0o644)
        await sandbox.mount.drain()
        #expect(sandbox.bucket.keys == ["d/h", "g", "made", "new"])
    }

    // MARK: Folders

    @Test func aFolderIsAnObject() async throws {
        let sandbox = try WritingSandbox()
        try await sandbox.program.makeFolder("d")
        #expect(sandbox.bucket.takeChanges() == [.put("d/")])
        #expect(sandbox.bucket.objects["d/"]?.metadata.user == [:])
        try await sandbox.program.makeFolder("d/private", mode: 0o700)
        #expect(sandbox.bucket.keys == ["d/", "d/private/"])
        let elsewhere = try sandbox.elsewhere()
        #expect(try await elsewhere.attributes("d")?.mode == 0o755)
        #expect(try await elsewhere.attributes("d/private")?.mode == 0o700)
        await expectError(ENOTEMPTY) { try await sandbox.program.removeFolder("d") }
        try await sandbox.program.removeFolder("d/private")
        try await sandbox.program.removeFolder("d")
        #expect(sandbox.bucket.keys == [])
        #expect(try await sandbox.program.names() == [])
    }

    /// `mkdir -p a/b/c` and a file in it, with nothing between.
    @Test func aFileInFoldersThatWereJustMade() async throws {
        let sandbox = try WritingSandbox(.close, ["old/x": "x"])
        for path in ["a", "a/b", "a/b/c"] { try await sandbox.program.makeFolder(path) }
        try await sandbox.program.save("x", as: "a/b/c/f")
        try await sandbox.program.save("y", as: "old/f")
        #expect(sandbox.bucket.text("a/b/c/f") == "x")
        // No object is made for folders that never had one.
        #expect(sandbox.bucket.text("old/f") == "y" && sandbox.bucket.text("old/") == nil)
    }

    @Test func nothingIsMadeInAFolderThatIsGone() async throws {
        let sandbox = try WritingSandbox()
        try await sandbox.program.makeFolder("d")
        let node = try await sandbox.program.node("d")
        try await sandbox.program.removeFolder("d")
        await #expect(throws: SystemError.self) {
            let _: Lookup = try await answer { reply in
                Array("x".utf8).withUnsafeBytes {
                    sandbox.mount.files.makeFolder($0, in: node, mode: 0o755, by: .test, reply)
                }
            }
        }
        #expect(sandbox.bucket.keys == [])
    }

    /// A folder without an object stays until somebody removes it, as on a disk, and is not known elsewhere.
    @Test func aFolderStaysWhenItsLastFileIsGone() async throws {
        let sandbox = try WritingSandbox(.close, ["d/f": "x", "e/f": "y"])
        try await sandbox.program.remove("d/f")
        try await sandbox.program.rename("e/f", to: "g")
        sandbox.mount.pass(milliseconds: 1001)
        #expect(try await sandbox.program.names() == ["d", "e", "g"])
        #expect(try await sandbox.program.names("d") == [])
        #expect(sandbox.bucket.keys == ["g"])
        // Nor with the next mount.
        #expect(try await sandbox.elsewhere().names() == ["g"])
        try await sandbox.program.save("again", as: "d/new")
        #expect(sandbox.bucket.keys == ["d/new", "g"])
        try await sandbox.program.removeFolder("e")
        #expect(try await sandbox.program.names() == ["d", "g"])
        #expect(try await sandbox.elsewhere().names() == ["d", "g"])
    }

    @Test func aFolderIsRenamedWithAllThatIsInIt() async throws {
        var objects = ["d/": "", "d/e/": "", "other": "o"]
        for number in 0..<40 { objects["d/f\(number)"] = "content \(number)" }
        let sandbox = try WritingSandbox(.close, objects)
        let saved = try await sandbox.program.open("d/f1", O_RDWR)
        let new = try await sandbox.program.open("d/e/new", create)
        try await sandbox.program.write("unsaved", to: new)
        try await sandbox.program.write("CONTENT", to: saved)
        let folder = try await sandbox.program.node("d")
        try await sandbox.program.rename("d", to: "n")
        #expect(try await sandbox.program.node("n") == folder)
        #expect(try await sandbox.program.attributes("d") == nil)
        #expect(try await sandbox.program.node("n/f1") == saved.node)
        #expect(try await sandbox.program.names("n").count == 41)
        #expect(sandbox.bucket.keys.allSatisfy { !$0.hasPrefix("d/") })
        // What was never uploaded was not copied.
        #expect(!sandbox.bucket.takeChanges().contains(.copy("d/e/new", to: "n/e/new")))
        try await sandbox.program.write(" yet", at: 7, to: new)
        try await sandbox.program.close(new)
        try await sandbox.program.close(saved)
        await sandbox.mount.drain()
        #expect(sandbox.bucket.text("n/e/new") == "unsaved yet" && sandbox.bucket.text("n/f1") == "CONTENT 1")
        #expect(sandbox.bucket.text("n/f39") == "content 39" && sandbox.bucket.text("other") == "o")
        #expect(sandbox.bucket.keys.count == 44 && sandbox.bucket.keys.allSatisfy { !$0.hasPrefix("d/") })
    }

    @Test func sixteenObjectsOfAFolderAreCopiedAtATime() async throws {
        var objects: [String: String] = [:]
        for number in 0..<40 { objects["d/f\(number)"] = "content \(number)" }
        let sandbox = try WritingSandbox(.close, objects)
        sandbox.bucket.halt { call in if case .copy = call { true } else { false } }
        let renamed = Begun { try await sandbox.program.rename("d", to: "n") }
        var copies = 0
        #expect(
            await soon {
                copies += sandbox.bucket.takeChanges().count
                return copies >= 16
            })
        try await Task.sleep(for: .milliseconds(50))
        #expect(copies + sandbox.bucket.takeChanges().count == 16)
        sandbox.bucket.goOn()
        try await renamed.end()
        #expect(sandbox.bucket.keys.count == 40 && sandbox.bucket.keys.allSatisfy { $0.hasPrefix("n/") })
    }

    /// A checkpoint of many files that gets its final name.
    @Test func aFolderThatNobodyHasUploadedCostsNothingToRename() async throws {
        let sandbox = try WritingSandbox(.fsync)
        try await sandbox.program.makeFolder("tmp")
        var open: [TestProgram.File] = []
        for number in 0..<5 {
            let file = try await sandbox.program.open("tmp/f\(number)", create)
            try await sandbox.program.write("content \(number)", to: file)
            open.append(file)
        }
        _ = sandbox.bucket.takeChanges()
        try await sandbox.program.rename("tmp", to: "checkpoint")
        let changes = sandbox.bucket.takeChanges()
        #expect(
            changes.allSatisfy {
                [.copy("tmp/", to: "checkpoint/"), .put("checkpoint/"), .delete("tmp/")].contains($0)
            })
        for file in open { try await sandbox.program.close(file) }
        await sandbox.mount.drain()
        #expect(sandbox.bucket.keys == ["checkpoint/"] + (0..<5).map { "checkpoint/f\($0)" })
        #expect(sandbox.bucket.text("checkpoint/f3") == "content 3")
    }

    @Test func aFolderReplacesOnlyAnEmptyOne() async throws {
        let sandbox = try WritingSandbox(.close, ["d/f": "x", "full/g": "y", "empty/": ""])
        await expectError(ENOTEMPTY) { try await sandbox.program.rename("d", to: "full") }
        try await sandbox.program.rename("d", to: "empty")
        #expect(sandbox.bucket.text("empty/f") == "x" && sandbox.bucket.text("d/f") == nil)
        #expect(try await sandbox.program.names() == ["empty", "full"])
    }

    /// What could not be moved is where it was, and the program hears of it.
    @Test func aFolderThatCannotBeRenamedWhollyLosesNothing() async throws {
        var objects: [String: String] = [:]
        for number in 0..<40 { objects["d/f\(number)"] = "content \(number)" }
        let sandbox = try WritingSandbox(.close, objects)
        sandbox.bucket.fail { _, call in
            if call == .copy("d/f20", to: "n/f20") { StoreError(.denied, "no") } else { nil }
        }
        await expectError(EACCES) { try await sandbox.program.rename("d", to: "n") }
        for number in 0..<40 {
            let found = ["d/f\(number)", "n/f\(number)"].compactMap { sandbox.bucket.text(ObjectKey($0)) }
            #expect(!found.isEmpty && found.allSatisfy { $0 == "content \(number)" })
        }
        sandbox.bucket.fail(nil)
        // Whatever is where, the mount shows it.
        sandbox.mount.pass(milliseconds: 1001)
        var shown = Set<String>()
        for folder in ["d", "n"] where try await sandbox.program.attributes(folder) != nil {
            shown.formUnion(try await sandbox.program.names(folder))
        }
        #expect(shown.count == 40)
    }

    // MARK: Links

    @Test func aLinkIsAnObjectThatSaysSo() async throws {
        let sandbox = try WritingSandbox(.close, ["f": "x"])
        try await sandbox.program.makeLink("l", to: "../some where/é")
        #expect(sandbox.bucket.text("l") == "../some where/é")
        #expect(sandbox.bucket.objects["l"]?.metadata.user["mode"] == "41471")
        #expect(try await sandbox.program.target("l") == "../some where/é")
        #expect(try await sandbox.program.attributes("l")?.kind == .link)
        let elsewhere = try sandbox.elsewhere()
        #expect(try await elsewhere.attributes("l")?.kind == .link)
        #expect(try await elsewhere.target("l") == "../some where/é")
        try await sandbox.program.rename("l", to: "m")
        #expect(try await sandbox.program.target("m") == "../some where/é")
        #expect(try await sandbox.elsewhere().target("m") == "../some where/é")
        try await sandbox.program.remove("m")
        #expect(sandbox.bucket.keys == ["f"])
    }

    /// The store has made it, and its answer got lost.
    @Test func aLinkThatNobodyHeardOfIsMade() async throws {
        let sandbox = try WritingSandbox()
        let isFirst = Atomic(true)
        sandbox.bucket.loseAnswers { call in
            guard call == .put("l"), isFirst.exchange(false, ordering: .relaxed) else { return nil }
            return StoreError(.unreachable, "the connection broke")
        }
        try await sandbox.program.makeLink("l", to: "target")
        #expect(try await sandbox.program.target("l") == "target" && sandbox.bucket.text("l") == "target")
    }

    /// Somebody else has made it a moment ago, and nobody here knows of that yet.
    @Test(arguments: ["a file", "another link"]) func aLinkReplacesNothing(theirs: String) async throws {
        let sandbox = try WritingSandbox()
        #expect(try await sandbox.program.attributes("l") == nil)
        sandbox.bucket.set("l", Array(theirs.utf8), metadata: theirs == "a file" ? [:] : ["mode": "41471"])
        await expectError(EEXIST) { try await sandbox.program.makeLink("l", to: "target") }
        #expect(sandbox.bucket.text("l") == theirs)
    }
}
