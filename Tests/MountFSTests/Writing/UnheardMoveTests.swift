import Checksums
import Glibc
import JSON
import ObjectStore
import Platform
import TestSupport
import Testing

@testable import MountFS

/// The store moves in one step what has newer bytes here, and nobody hears that it has. Those come into the bucket under the name
/// that it has there, and nothing is taken for somebody else's.
struct UnheardMoveTests {
    private static func bucket(_ renames: StoreCapabilities.AtomicRename) -> MemoryBucket {
        .writable { $0.atomicRename = renames }
    }

    /// With files that the bucket cannot have yet.
    private func sandbox(
        _ renames: StoreCapabilities.AtomicRename, _ objects: [String: String], _ written: [String: String]
    ) async throws -> WritingSandbox {
        let sandbox = try WritingSandbox(.background, objects, bucket: Self.bucket(renames))
        sandbox.bucket.fail { _, call in if case .put = call { StoreError(.unreachable, "away") } else { nil } }
        for (name, text) in written.sorted(by: { $0.key < $1.key }) { try await sandbox.program.save(text, as: name) }
        return sandbox
    }

    private func expect(
        _ objects: [String: String], by mount: TestMount, in sandbox: WritingSandbox,
        at location: SourceLocation = #_sourceLocation
    ) async throws {
        await mount.drain()
        #expect(mount.progress.kept == [] && mount.progress.isSafe, sourceLocation: location)
        #expect(sandbox.bucket.keys == objects.keys.sorted(), sourceLocation: location)
        for (key, text) in objects {
            #expect(sandbox.bucket.text(ObjectKey(key)) == text, "\(key)", sourceLocation: location)
            let read = try? await TestProgram(mount).text(key)
            #expect(read == text, "\(key)", sourceLocation: location)
        }
    }

    /// Everything is killed, and the task is run again; over another file, too, that is written or not.
    @Test(arguments: SessionLine.Moment.allCases, [nil, "older", "written"])
    func anObjectIsMovedAndEverythingKilled(moment: SessionLine.Moment, replaced: String?) async throws {
        var (objects, written) = (["f": "old"], ["f": "newest"])
        if replaced != nil { objects["g"] = "older" }
        if replaced == "written" { written["g"] = "written" }
        let sandbox = try await sandbox(.objects, objects, written)
        sandbox.line.cut(.rename, 1, moment)
        _ = Begun { try await sandbox.program.rename("f", to: "g") }
        #expect(await soon { sandbox.line.isCut })
        sandbox.bucket.fail(nil)
        let mount = try sandbox.runAgain()
        if moment == .behind { return try await expect(["g": "newest"], by: mount, in: sandbox) }
        try await expect(
            ["f": "newest"].merging(replaced.map { ["g": $0] } ?? [:]) { one, _ in one }, by: mount, in: sandbox)
    }

    /// A folder with what was written, what is new and what is only there.
    @Test(arguments: SessionLine.Moment.allCases, [true, false])
    func aFolderIsMovedAndEverybodyKilled(moment: SessionLine.Moment, goesOn: Bool) async throws {
        let objects = ["d/a": "old", "d/e/b": "old", "d/c": "only there", "other": "other"]
        let sandbox = try await sandbox(
            .objectsAndFolders, objects, ["d/a": "newest", "d/e/b": "newest", "d/new": "new", "d/e/new": "new"])
        sandbox.line.cut(.rename, 1, moment)
        _ = Begun { try await sandbox.program.rename("d", to: "n") }
        #expect(await soon { sandbox.line.isCut })
        sandbox.bucket.fail(nil)
        let mount: TestMount
        if goesOn {
            // The kernel asks for it once more.
            mount = try sandbox.mount.successor(on: sandbox.bucket, try sandbox.staging.afterKill())
            do {
                try await TestProgram(mount).rename("d", to: "n")
            } catch {
                #expect(error == .notThere)
            }
        } else {
            mount = try sandbox.runAgain()
        }
        let folder = moment == .behind || goesOn ? "n" : "d"
        try await expect(
            [
                "\(folder)/a": "newest", "\(folder)/e/b": "newest", "\(folder)/c": "only there", "\(folder)/new": "new",
                "\(folder)/e/new": "new", "other": "other",
            ], by: mount, in: sandbox)
        #expect(try await TestProgram(mount).names() == [folder, "other"].sorted())
    }

    /// Everything in a folder is copied, and the kernel asks once more for what a session has begun that was killed. What has been
    /// changed in its place since stays.
    @Test(arguments: [(SessionLine.Step.copy, 1), (.copy, 20), (.delete, 1)], SessionLine.Moment.allCases)
    func aFolderIsCopiedAndTheSessionKilled(point: (step: SessionLine.Step, number: Int), moment: SessionLine.Moment)
        async throws
    {
        var objects = Dictionary(uniqueKeysWithValues: (0..<40).map { ("d/\($0)", "text \($0)") })
        let sandbox = try WritingSandbox(.close, objects, bucket: Self.bucket(.none))
        sandbox.line.cut(point.step, point.number, moment)
        _ = Begun { try await sandbox.program.rename("d", to: "n", request: 7) }
        #expect(await soon { sandbox.line.isCut })
        objects = Dictionary(uniqueKeysWithValues: objects.map { ("n" + $0.dropFirst(), $1) })
        if let copied = sandbox.bucket.keys.first(where: { $0.hasPrefix("n/") }) {
            sandbox.bucket.set(ObjectKey(copied), Array("changed".utf8), seconds: 1_900_000_000)
            objects[copied] = "changed"
        }
        let mount = try sandbox.mount.successor(on: sandbox.bucket, try sandbox.staging.afterKill())
        do {
            try await TestProgram(mount).rename("d", to: "n", request: 7)
        } catch {
            #expect(error == .notThere && point.step == .delete && moment == .behind)
        }
        try await expect(objects, by: mount, in: sandbox)
        #expect(try await TestProgram(mount).names() == ["n"])
    }

    /// Newer bytes come into the bucket under the old name before the kernel asks once more.
    @Test func aCopyIsOlderThanWhatHasComeSince() async throws {
        let sandbox = try await sandbox(.none, ["d/f": "old", "d/g": "only there"], ["d/f": "newest"])
        sandbox.line.cut(.copy, 2, .behind)
        _ = Begun { try await sandbox.program.rename("d", to: "n", request: 7) }
        #expect(await soon { sandbox.line.isCut })
        sandbox.bucket.fail(nil)
        let mount = try sandbox.mount.successor(on: sandbox.bucket, try sandbox.staging.afterKill())
        await mount.drain()
        #expect(sandbox.bucket.text("d/f") == "newest")
        try await TestProgram(mount).rename("d", to: "n", request: 7)
        try await expect(["n/f": "newest", "n/g": "only there"], by: mount, in: sandbox)
    }

    /// What is to come into the bucket has its new name already, in a folder that is there then.
    @Test(arguments: SessionLine.Moment.allCases)
    func aFolderWithNewBytesIsCopiedAndTheSessionKilled(moment: SessionLine.Moment) async throws {
        let sandbox = try await sandbox(
            .none, ["d/f": "old", "d/g": "only there", "d/e/h": "only there"],
            ["d/f": "newest", "d/new": "new", "d/e/new": "new"])
        sandbox.line.cut(.delete, 1, moment)
        _ = Begun { try await sandbox.program.rename("d", to: "n", request: 7) }
        #expect(await soon { sandbox.line.isCut })
        sandbox.bucket.fail(nil)
        let mount = try sandbox.mount.successor(on: sandbox.bucket, try sandbox.staging.afterKill())
        do {
            try await TestProgram(mount).rename("d", to: "n", request: 7)
        } catch {
            #expect(error == .notThere)
        }
        try await expect(
            [
                "n/f": "newest", "n/g": "only there", "n/e/h": "only there", "n/new": "new", "n/e/new": "new",
            ], by: mount, in: sandbox)
        #expect(try await TestProgram(mount).names() == ["n"])
    }

    /// The same folder is there, and this request has not made it.
    @Test func aFolderIsInTheWayWhichNobodyHasCopied() async throws {
        let sandbox = try WritingSandbox(.close, ["d/f": "text", "n/f": "theirs"], bucket: Self.bucket(.none))
        for _ in 1...2 { await expectError(ENOTEMPTY) { try await sandbox.program.rename("d", to: "n", request: 7) } }
        let mount = try sandbox.mount.successor(on: sandbox.bucket, try sandbox.staging.afterKill())
        await expectError(ENOTEMPTY) { try await TestProgram(mount).rename("d", to: "n", request: 7) }
        #expect(sandbox.bucket.text("d/f") == "text" && sandbox.bucket.text("n/f") == "theirs")
    }

    /// It is written to through a handle of before, under its new name.
    @Test func aWriterGoesOnBehindAMove() async throws {
        let sandbox = try WritingSandbox(.close, ["d/f": "0123456789"], bucket: Self.bucket(.objectsAndFolders))
        let file = try await sandbox.program.open("d/f", O_RDWR)
        try await sandbox.program.write("ab", to: file)
        sandbox.line.cut(.rename, 1, .behind)
        _ = Begun { try await sandbox.program.rename("d", to: "n") }
        #expect(await soon { sandbox.line.isCut })
        let mount = try sandbox.mount.successor(on: sandbox.bucket, try sandbox.staging.afterKill())
        let program = TestProgram(mount)
        #expect(await soon { mount.tree.written(file.node)?.key == "n/f" })
        #expect(try await program.names() == ["n"])
        #expect(try await program.read(from: file) == Array("ab23456789".utf8))
        try await program.write("cd", at: 8, to: file)
        try await program.close(file)
        try await expect(["n/f": "ab234567cd"], by: mount, in: sandbox)
    }

    /// Bytes that are in the bucket only are read where they are now, before anybody has heard of that.
    @Test(arguments: [StoreCapabilities.AtomicRename.objects, .objectsAndFolders])
    func aReadComesAtOnceBehindAMove(renames: StoreCapabilities.AtomicRename) async throws {
        let sandbox = try WritingSandbox(.close, ["d/f": "0123456789"], bucket: Self.bucket(renames))
        let file = try await sandbox.program.open("d/f", O_RDWR)
        try await sandbox.program.write("ab", to: file)
        sandbox.line.cut(.rename, 1, .behind)
        let (old, new) = renames == .objects ? ("d/f", "d/g") : ("d", "n")
        _ = Begun { try await sandbox.program.rename(old, to: new) }
        #expect(await soon { sandbox.line.isCut })
        let mount = try sandbox.mount.successor(on: sandbox.bucket, try sandbox.staging.afterKill())
        #expect(try await TestProgram(mount).read(from: file) == Array("ab23456789".utf8))
    }

    /// The folder moves, and with it what somebody else has written to a file in it; what is written here is based on another version.
    @Test(arguments: [StoreCapabilities.AtomicRename.none, .objectsAndFolders], [true, false])
    func aFolderIsMovedInWhichSomebodyElseHasWritten(
        renames: StoreCapabilities.AtomicRename, isNew: Bool
    ) async throws {
        let objects = ["d/other": "other"].merging(isNew ? [:] : ["d/f": "0123456789"]) { one, _ in one }
        let sandbox = try WritingSandbox(.close, objects, bucket: Self.bucket(renames))
        let file = try await sandbox.program.open("d/f", isNew ? O_RDWR | O_CREAT : O_RDWR)
        try await sandbox.program.write("ab", to: file)
        sandbox.bucket.set("d/f", Array("theirs".utf8))
        try await sandbox.program.rename("d", to: "n")
        #expect(sandbox.bucket.keys == ["n/f", "n/other"])
        await expectError(ESTALE) { try await sandbox.program.close(file) }
        await sandbox.mount.drain()
        #expect(sandbox.bucket.text("n/f") == "theirs" && sandbox.bucket.text("n/other") == "other")
        #expect(sandbox.mount.progress.kept.map(\.reason) == [.conflict])
    }

    /// Nobody was killed: the store has not answered in time, and does what it was asked later.
    @Test func aMoveThatIsDoneLate() async throws {
        let sandbox = try await sandbox(.objects, ["f": "old"], ["f": "newest"])
        sandbox.bucket.loseAnswers { call in
            if case .rename = call { StoreError(.inputOutput, "lost", isRetryable: false) } else { nil }
        }
        await expectError(EIO) { try await sandbox.program.rename("f", to: "g") }
        sandbox.bucket.loseAnswers(nil)
        sandbox.bucket.fail(nil)
        try await expect(["g": "newest"], by: sandbox.mount, in: sandbox)
        #expect(try await sandbox.program.names() == ["g"])
    }

    /// What somebody else has put there is his.
    @Test func somebodyElsesObjectIsNotTakenForIt() async throws {
        let sandbox = try await sandbox(.objects, ["f": "old"], ["f": "newest"])
        sandbox.line.cut(.rename, 1, .before)
        _ = Begun { try await sandbox.program.rename("f", to: "g") }
        #expect(await soon { sandbox.line.isCut })
        sandbox.bucket.fail(nil)
        sandbox.bucket.remove("f")
        sandbox.bucket.set("g", Array("another's".utf8))
        let mount = try sandbox.runAgain()
        await mount.drain()
        #expect(sandbox.bucket.keys == ["g"] && sandbox.bucket.text("g") == "another's")
        #expect(mount.progress.kept.map(\.reason) == [.conflict])
    }

    /// The store finds that it may not rename folders: everything in them is copied, now and from then on.
    @Test func renamingFoldersTurnsOutToBeRefused() async throws {
        let bucket = Self.bucket(.objectsAndFolders)
        let sandbox = try WritingSandbox(.background, ["d/a": "old", "d/b": "only there"], bucket: bucket)
        sandbox.bucket.fail { [bucket] _, call in
            guard case .rename = call else { return nil }
            bucket.renameObjectsOnly()
            return StoreError(.unsupported, "folders are not for everybody")
        }
        try await sandbox.program.save("newest", as: "d/a")
        try await sandbox.program.rename("d", to: "e")
        try await sandbox.program.rename("e", to: "f")
        try await expect(["f/a": "newest", "f/b": "only there"], by: sandbox.mount, in: sandbox)
        #expect(sandbox.bucket.takeCalls().count { if case .rename = $0 { true } else { false } } == 1)
    }

    /// What the journal says of a move, a session after this one reads.
    @Test func movesAreReadAsTheyAreWritten() throws {
        let checksum = try Checksum(.crc32c, of: [1, 2, 3])
        let marks: [WrittenMove.Mark] = [
            .object(size: 3, checksum, over: ObjectVersion("v1")), .object(size: 0, nil, over: nil),
            .folder(from: "a/", to: ObjectKey([0xFF, 0x2F])),
        ]
        for mark in marks {
            let name = WrittenName("a/b", replacing: ObjectVersion("v0"), moving: WrittenMove(to: "c", mark))
            #expect(WrittenName(words: name.words) == name)
        }
        #expect(WrittenName(words: ["key": "a", "replacing": nil, "moving": ["to": "b"]]) == nil)
    }
}
