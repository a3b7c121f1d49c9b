import Glibc
import ObjectStore
import Platform
import Synchronization
import TestSupport
import Testing

@testable import MountFS

/// A folder gets another name by everything in it being copied, and programs work in it meanwhile: what they are told is so under
/// the new name.
struct MovedFolderTests {
    private let sandbox: WritingSandbox
    private var bucket: MemoryBucket { sandbox.bucket }
    private var program: TestProgram { sandbox.program }

    init() throws {
        sandbox = try WritingSandbox(.close, ["d/a": "old", "d/b": "old", "d/e/c": "old", "d/last": "last"])
    }

    /// Has `body` run when everything but `d/last` has been copied.
    private func rename(while body: () async throws -> Void) async throws {
        bucket.halt { $0 == .copy("d/last", to: "n/last") }
        let renaming = Begun { [program] in try await program.rename("d", to: "n") }
        try await waitUntilOthersAreCopied()
        try await body()
        bucket.goOn()
        try await renaming.end()
    }

    private func waitUntilOthersAreCopied() async throws {
        let areCopied = await soon { Set(bucket.keys).isSuperset(of: ["n/a", "n/b", "n/e/c"]) }
        try #require(areCopied)
    }

    /// Everything has been copied, and nobody looks any more whether it is what was copied.
    private func renameUntilTheOldOnesGo() async throws -> Begun {
        @Sendable func isDelete(_ call: MemoryBucket.Call) -> Bool { if case .delete = call { true } else { false } }
        bucket.halt(isDelete)
        let renaming = Begun { [program] in try await program.rename("d", to: "n") }
        let isAsked = await soon { bucket.takeCalls().contains(where: isDelete) }
        try #require(isAsked)
        return renaming
    }

    private func expect(_ objects: [String: String], at location: SourceLocation = #_sourceLocation) async throws {
        await sandbox.mount.drain()
        #expect(sandbox.mount.progress.kept == [], sourceLocation: location)
        #expect(bucket.keys == objects.keys.sorted(), sourceLocation: location)
        for (key, text) in objects {
            #expect(bucket.text(ObjectKey(key)) == text, "\(key)", sourceLocation: location)
            #expect(try await program.text(key) == text, "\(key)", sourceLocation: location)
        }
        #expect(try await program.names() == ["n"], sourceLocation: location)
    }

    @Test func filesAreSavedMeanwhile() async throws {
        try await rename {
            try await program.save("newer", as: "d/a")
            try await program.save("new", as: "d/new")
            #expect(bucket.text("d/a") == "newer" && bucket.text("d/new") == "new")
        }
        try await expect(["n/a": "newer", "n/b": "old", "n/e/c": "old", "n/last": "last", "n/new": "new"])
    }

    @Test func filesAreWrittenMeanwhileAndClosedAfterwards() async throws {
        var files: [TestProgram.File] = []
        try await rename {
            for name in ["d/a", "d/e/c", "d/new"] {
                files.append(try await program.open(name, O_RDWR | O_CREAT))
                try await program.write("newer", to: files.last!)
            }
        }
        for file in files { try await program.close(file) }
        try await expect(["n/a": "newer", "n/b": "old", "n/e/c": "newer", "n/last": "last", "n/new": "newer"])
    }

    /// The last of it is on its way when everything has been copied.
    @Test func aFileIsOnItsWayMeanwhile() async throws {
        bucket.halt { [.copy("d/last", to: "n/last"), .put("d/a")].contains($0) }
        let renaming = Begun { [program] in try await program.rename("d", to: "n") }
        try await waitUntilOthersAreCopied()
        let saving = Begun { [program] in try await program.save("newer", as: "d/a") }
        let isPending = await soon { sandbox.mount.progress.pendingFiles == 1 }
        #expect(isPending)
        bucket.goOn()
        try await saving.end()
        try await renaming.end()
        try await expect(["n/a": "newer", "n/b": "old", "n/e/c": "old", "n/last": "last"])
    }

    @Test func filesAndFoldersGoMeanwhile() async throws {
        try await rename {
            try await program.remove("d/a")
            try await program.remove("d/e/c")
            try await program.removeFolder("d/e")
        }
        try await expect(["n/b": "old", "n/last": "last"])
    }

    /// It was listed, and its copy is asked for when it is another one, or gone.
    @Test(arguments: [true, false]) func aFileIsChangedBeforeItsTurn(isRemoved: Bool) async throws {
        try await rename {
            if isRemoved {
                try await program.remove("d/last")
            } else {
                try await program.save("newer", as: "d/last")
            }
        }
        let objects = ["n/a": "old", "n/b": "old", "n/e/c": "old"]
        try await expect(isRemoved ? objects : objects.merging(["n/last": "newer"]) { one, _ in one })
    }

    /// Its object stays until it is closed, and does not come back under another name.
    @Test func anOpenFileIsRemovedMeanwhile() async throws {
        var file: TestProgram.File?
        try await rename {
            file = try await program.open("d/a", O_RDONLY)
            try await program.remove("d/a")
        }
        #expect(try await program.names("n") == ["b", "e", "last"])
        #expect(try await program.read(from: #require(file)) == Array("old".utf8))
        try await program.close(#require(file))
        try await expect(["n/b": "old", "n/e/c": "old", "n/last": "last"])
    }

    private final class Making: Sendable {
        let isOver = Atomic(false)
        let count = Atomic(0)
    }

    /// More and more files come: it ends all the same, and each of them has its place.
    @Test(arguments: 1...8) func filesAreMadeWithoutEnd(turn: Int) async throws {
        let making = Making()
        bucket.halt { $0 == .copy("d/last", to: "n/last") }
        let renaming = Begun { [program] in try await program.rename("d", to: "n") }
        try await waitUntilOthersAreCopied()
        let maker = Begun { [program] in
            var count = 0
            while !making.isOver.load(ordering: .relaxed), count < 2000 {
                // It moves away under who makes them.
                guard (try? await program.save("\(count)", as: "d/new-\(count)")) != nil else { break }
                count = making.count.add(1, ordering: .relaxed).newValue
            }
        }
        try await Task.sleep(for: .milliseconds(20))
        bucket.goOn()
        try await renaming.end()
        making.isOver.store(true, ordering: .relaxed)
        try await maker.end()
        var objects = ["n/a": "old", "n/b": "old", "n/e/c": "old", "n/last": "last"]
        for number in 0..<making.count.load(ordering: .relaxed) { objects["n/new-\(number)"] = "\(number)" }
        try await expect(objects)
    }

    @Test func foldersAndLinksComeMeanwhile() async throws {
        try await rename {
            try await program.makeFolder("d/folder")
            try await program.makeLink("d/link", to: "b")
        }
        await sandbox.mount.drain()
        #expect(bucket.keys == ["n/a", "n/b", "n/e/c", "n/folder/", "n/last", "n/link"])
        #expect(try await program.names("n") == ["a", "b", "e", "folder", "last", "link"])
        #expect(try await program.names() == ["n"])
    }

    /// By somebody whom nobody here hears of.
    @Test func somebodyElseWritesMeanwhile() async throws {
        try await rename {
            bucket.set("d/a", Array("theirs".utf8))
            bucket.set("d/theirs", Array("theirs".utf8))
            bucket.remove("d/b")
        }
        try await expect(["n/a": "theirs", "n/e/c": "old", "n/last": "last", "n/theirs": "theirs"])
    }

    /// What is done in it when it is about to go is done behind that.
    @Test func theLastMoment() async throws {
        let inside = try await program.working(in: "d")
        let renaming = try await renameUntilTheOldOnesGo()
        let file = try await program.open("d/a", O_RDWR)
        try await program.write("newer", to: file)
        let all = [
            Begun { [program] in try await program.close(file) },
            Begun { try await inside.remove("b") },
            Begun { try await inside.makeFolder("folder") },
        ]
        try await Task.sleep(for: .milliseconds(50))
        let ended = all.map(\.hasEnded)
        #expect(ended == [false, false, false])
        bucket.goOn()
        try await renaming.end()
        for one in all { try await one.end() }
        await sandbox.mount.drain()
        #expect(bucket.keys == ["n/a", "n/e/c", "n/folder/", "n/last"] && bucket.text("n/a") == "newer")
        #expect(sandbox.mount.progress.kept == [])
    }

    /// What has been asked for in it when it is about to go is done before.
    @Test func whatIsUnderWayInTheLastMoment() async throws {
        let calls: [MemoryBucket.Call] = [.put("d/folder/"), .put("d/link"), .delete("d/b")]
        let reader = try await program.open("d/e/c", O_RDONLY)
        bucket.halt { calls.contains($0) }
        let all = [
            Begun { [program] in try await program.makeFolder("d/folder") },
            Begun { [program] in try await program.makeLink("d/link", to: "a") },
            Begun { [program] in try await program.remove("d/b") },
        ]
        var asked: [MemoryBucket.Call] = []
        let areAsked = await soon {
            asked += bucket.takeCalls()
            return calls.allSatisfy(asked.contains)
        }
        #expect(areAsked)
        let renaming = Begun { [program] in try await program.rename("d", to: "n") }
        #expect(await soon { Set(bucket.keys).isSuperset(of: ["n/a", "n/last"]) })
        try await Task.sleep(for: .milliseconds(50))
        #expect(!renaming.hasEnded)
        bucket.goOn()
        for one in all { try await one.end() }
        try await renaming.end()
        #expect(try await program.read(from: reader) == Array("old".utf8))
        try await program.close(reader)
        await sandbox.mount.drain()
        #expect(bucket.keys == ["n/a", "n/e/c", "n/folder/", "n/last", "n/link"])
        #expect(try await program.names("n") == ["a", "e", "folder", "last", "link"])
    }

    @Test func aFileIsOpenedToBeReadMeanwhile() async throws {
        var file: TestProgram.File?
        try await rename { file = try await program.open("d/a", O_RDONLY) }
        #expect(try await program.read(from: #require(file)) == Array("old".utf8))
        try await program.close(#require(file))
        try await expect(["n/a": "old", "n/b": "old", "n/e/c": "old", "n/last": "last"])
    }

    /// When all has been copied: it is read on under its new name.
    @Test func aFileIsOpenedToBeReadInTheLastMoment() async throws {
        let renaming = try await renameUntilTheOldOnesGo()
        let file = try await program.open("d/a", O_RDONLY)
        bucket.goOn()
        try await renaming.end()
        #expect(try await program.read(from: file) == Array("old".utf8))
        try await program.close(file)
        try await expect(["n/a": "old", "n/b": "old", "n/e/c": "old", "n/last": "last"])
    }

    @Test func somebodyElseWritesInTheLastMoment() async throws {
        let renaming = try await renameUntilTheOldOnesGo()
        bucket.set("d/e/c", Array("theirs".utf8))
        bucket.goOn()
        try await renaming.end()
        await sandbox.mount.drain()
        #expect(bucket.keys == ["d/e/c", "n/a", "n/b", "n/e/c", "n/last"])
        #expect(bucket.text("d/e/c") == "theirs" && bucket.text("n/e/c") == "old")
        #expect(sandbox.mount.lines.all.contains { $0.contains("d/e/c: somebody else has written there") })
    }

    /// Some of the old ones are not to go: all of them stay, or come back.
    @Test func itMayNotDelete() async throws {
        let file = try await program.open("d/a", O_RDWR)
        try await program.write("newer", to: file)
        bucket.fail { _, call in call == .delete("d/b") ? StoreError(.denied, "not you") : nil }
        await expectError(EACCES) { try await program.rename("d", to: "n") }
        bucket.fail(nil)
        #expect(bucket.keys == ["d/a", "d/b", "d/e/c", "d/last"])
        try await program.close(file)
        await sandbox.mount.drain()
        #expect(bucket.text("d/a") == "newer" && sandbox.mount.progress.kept == [])
        try await program.rename("d", to: "n")
        try await expect(["n/a": "newer", "n/b": "old", "n/e/c": "old", "n/last": "last"])
    }

    /// What is closed while it is not known yet under which name it will be comes there when it is.
    @Test func itMayNotDeleteAndAFileIsSavedMeanwhile() async throws {
        bucket.fail { _, call in call == .delete("d/last") ? StoreError(.denied, "not you") : nil }
        let renaming = try await renameUntilTheOldOnesGo()
        var files: [TestProgram.File] = []
        for name in ["d/e/c", "d/new"] {
            files.append(try await program.open(name, O_RDWR | O_CREAT | O_TRUNC))
            try await program.write("newer", to: files.last!)
        }
        let saving = Begun { [program, files] in for file in files { try await program.close(file) } }
        try await Task.sleep(for: .milliseconds(50))
        #expect(!saving.hasEnded)
        bucket.goOn()
        await expectError(EACCES) { try await renaming.end() }
        bucket.fail(nil)
        try await saving.end()
        await sandbox.mount.drain()
        #expect(bucket.keys == ["d/a", "d/b", "d/e/c", "d/last", "d/new"])
        #expect(bucket.text("d/e/c") == "newer" && bucket.text("d/new") == "newer")
        #expect(sandbox.mount.progress.kept == [])
    }

    /// Nor can what has gone be brought back: everything is where it was copied to.
    @Test func itMayNotDeleteNorLook() async throws {
        let file = try await program.open("d/a", O_RDWR)
        try await program.write("newer", to: file)
        let renaming = try await renameUntilTheOldOnesGo()
        bucket.fail { _, call in
            switch call {
            case .delete("d/b"), .list: StoreError(.denied, "not you")
            default: nil
            }
        }
        bucket.goOn()
        try await renaming.end()
        bucket.fail(nil)
        try await program.close(file)
        await sandbox.mount.drain()
        #expect(Set(bucket.keys).isSuperset(of: ["n/a", "n/b", "n/e/c", "n/last"]) && bucket.text("n/a") == "newer")
        #expect(try await program.names("n") == ["a", "b", "e", "last"])
        #expect(sandbox.mount.lines.all.contains { $0.contains("d/ is n/ now") })
        #expect(sandbox.mount.progress.kept == [])
    }

    /// Then they may go yet: what was copied stays.
    @Test(arguments: [false, true]) func nobodyKnowsWhetherTheOldOnesGo(isAnotherRefused: Bool) async throws {
        bucket.fail { _, call in
            switch call {
            case .delete("d/a"): isAnotherRefused ? StoreError(.denied, "not you") : nil
            case .delete("d/b"): StoreError(.inputOutput, "no answer")
            default: nil
            }
        }
        try await program.rename("d", to: "n")
        bucket.fail(nil)
        #expect(bucket.keys.filter { $0.hasPrefix("n/") } == ["n/a", "n/b", "n/e/c", "n/last"])
        #expect(bucket.keys.contains("d/b") && bucket.keys.contains("d/a") == isAnotherRefused)
        #expect(try await program.names("n") == ["a", "b", "e", "last"])
        #expect(sandbox.mount.lines.all.contains { $0.contains("d/ is n/ now") })
    }

    /// It has gone, and is not there yet: who makes another one does not write over it.
    @Test func aFileIsMadeInPlaceOfOneThatIsMoving() async throws {
        bucket.halt { $0 == .delete("d/b") }
        let renaming = Begun { [program] in try await program.rename("d", to: "n") }
        let isGone = await soon { !bucket.keys.contains("d/a") }
        #expect(isGone)
        sandbox.mount.pass(milliseconds: 1001)
        let file = try await program.open("d/a", O_WRONLY | O_CREAT | O_APPEND)
        try await program.write("x", to: file)
        bucket.goOn()
        try await renaming.end()
        await expectError(ESTALE) { try await program.close(file) }
        await sandbox.mount.drain()
        #expect(bucket.text("n/a") == "old" && bucket.keys == ["n/a", "n/b", "n/e/c", "n/last"])
        #expect(try sandbox.mount.progress.kept.map { try sandbox.bytes(of: $0) } == ["x"])
    }

    /// Its object is just going.
    @Test func anOpenFileIsRemovedAndClosedMeanwhile() async throws {
        bucket.halt { [.copy("d/last", to: "n/last"), .delete("d/a")].contains($0) }
        let renaming = Begun { [program] in try await program.rename("d", to: "n") }
        try await waitUntilOthersAreCopied()
        let file = try await program.open("d/a", O_RDONLY)
        try await program.remove("d/a")
        let closing = Begun { [program] in try await program.close(file) }
        let isAsked = await soon { bucket.takeCalls().contains(.delete("d/a")) }
        #expect(isAsked)
        bucket.goOn()
        try await closing.end()
        try await renaming.end()
        try await expect(["n/b": "old", "n/e/c": "old", "n/last": "last"])
    }

    /// Who has read something of it has closed it when it fails: nothing is held for that.
    @Test func itFailsWhenAReaderHasGone() async throws {
        let file = try await program.open("d/a", O_RDONLY)
        bucket.fail { _, call in
            call == .copy("d/last", to: "n/last") ? StoreError(.denied, "not you") : nil
        }
        bucket.halt { $0 == .copy("d/last", to: "n/last") }
        let renaming = Begun { [program] in try await program.rename("d", to: "n") }
        try await waitUntilOthersAreCopied()
        try await program.close(file)
        bucket.goOn()
        await expectError(EACCES) { try await renaming.end() }
        #expect(sandbox.mount.tree.written().isEmpty)
    }

    /// It fails in the end: what somebody else has put there meanwhile stays, and everything is as it was.
    @Test func itFails() async throws {
        bucket.fail { _, call in
            call == .copy("d/last", to: "n/last") ? StoreError(.denied, "not you") : nil
        }
        await expectError(EACCES) { try await program.rename("d", to: "n") }
        bucket.fail(nil)
        #expect(bucket.keys == ["d/a", "d/b", "d/e/c", "d/last"])
        try await program.rename("d", to: "n")
        try await expect(["n/a": "old", "n/b": "old", "n/e/c": "old", "n/last": "last"])
    }
}
