import Glibc
import JSON
import ObjectStore
import Platform
import Staging
import Synchronization
import Testing

@testable import MountFS

/// What was removed while it was open is deleted when nobody waits for it any more.
struct DeletionTests {
    private final class Puts: Sendable {
        let count = Atomic(0)
    }

    /// It had come into the bucket without anybody hearing of it: what is removed, or has another name, must not come back.
    @Test(arguments: [true, false]) func whatNobodyHeardOfGoes(isRenamed: Bool) async throws {
        let sandbox = try WritingSandbox(.background)
        sandbox.bucket.loseAnswers { call in
            if case .put = call { StoreError(.unreachable, "the connection broke") } else { nil }
        }
        let puts = Puts()
        sandbox.bucket.fail { _, call in
            guard case .put = call, puts.count.add(1, ordering: .relaxed).newValue > 1 else { return nil }
            return StoreError(.unreachable, "away")
        }
        try await sandbox.program.save("content", as: "f")
        #expect(await soon { sandbox.bucket.text("f") == "content" && sandbox.mount.progress.failedFiles == 1 })
        if isRenamed { try await sandbox.program.rename("f", to: "g") } else { try await sandbox.program.remove("f") }
        #expect(sandbox.bucket.text("f") == nil)
        sandbox.bucket.loseAnswers(nil)
        sandbox.bucket.fail(nil)
        await sandbox.mount.drain()
        #expect(sandbox.bucket.keys == (isRenamed ? ["g"] : []) && sandbox.mount.progress.kept == [])
    }

    /// What waits for its upload takes nobody else for the one who has removed its object. Should that be none that the file ever was, it
    /// must not show in the place of what was removed.
    @Test(arguments: SessionLine.Moment.allCases, [false, true])
    func everybodyIsKilledInTheMiddle(moment: SessionLine.Moment, isRenamed: Bool) async throws {
        let sandbox = try WritingSandbox(.background, ["f": "old"])
        sandbox.bucket.fail { _, call in if case .put = call { StoreError(.unreachable, "away") } else { nil } }
        try await save("new", as: "f", isRenamed: isRenamed, in: sandbox)
        sandbox.line.cut(.delete, 1, moment)
        let removed = Begun { try await sandbox.program.remove("f") }
        #expect(await soon { sandbox.line.isCut })
        sandbox.bucket.fail(nil)
        let mount = try sandbox.runAgain()
        await mount.drain()
        #expect(sandbox.bucket.keys == [] && mount.progress.kept == [] && !removed.hasEnded)
    }

    /// In its place, or beside it and then renamed over it.
    private func save(_ text: String, as name: String, isRenamed: Bool, in sandbox: WritingSandbox) async throws {
        guard isRenamed else { return try await sandbox.program.save(text, as: name) }
        try await sandbox.program.save(text, as: name + ".new")
        try await sandbox.program.rename(name + ".new", to: name)
    }

    /// A new file has its name already, and would find it in its place.
    @Test(arguments: SessionLine.Moment.allCases, [true, false]) func everybodyIsKilledWhenItsNameIsAnothers(
        moment: SessionLine.Moment, canDecide: Bool
    ) async throws {
        let bucket = MemoryBucket.writable { can in
            can.conditionalDelete = canDecide
            can.conditionalPut = canDecide
        }
        let sandbox = try WritingSandbox(.background, ["f": "old"], bucket: bucket)
        let file = try await sandbox.program.open("f", O_RDWR)
        try await sandbox.program.remove("f")
        sandbox.line.cut(.delete, 1, moment)
        try await sandbox.program.close(file)
        #expect(await soon { sandbox.line.isCut })
        try await sandbox.program.save("new", as: "f")
        let mount = try sandbox.runAgain()
        await mount.drain()
        #expect(bucket.keys == ["f"] && bucket.text("f") == "new" && mount.progress.kept == [])
        #expect(try await TestProgram(mount).text("f") == "new")
    }

    /// Somebody has it open still, and nobody else sees it again. What has its name then is another file.
    @Test(arguments: [true, false]) func theSessionIsKilledBehindItsRemoval(isRenamed: Bool) async throws {
        let sandbox = try WritingSandbox(.close, ["f": "old", "g": "old"])
        if isRenamed {
            let file = try await sandbox.program.open("f.new", O_RDWR | O_CREAT)
            try await sandbox.program.write("newer", to: file)
            try await sandbox.program.rename("f.new", to: "f")
            sandbox.line.cut(.delete, 1, .behind)
            _ = Begun { try await sandbox.program.remove("f") }
            #expect(await soon { sandbox.line.isCut })
        } else {
            _ = try await sandbox.program.open("f", O_RDWR)
            try await sandbox.program.remove("f")
        }
        let mount = try sandbox.mount.successor(on: sandbox.bucket, try sandbox.staging.afterKill())
        let program = TestProgram(mount)
        #expect(try await program.names() == ["g"])
        try await program.save("another", as: "f")
        await mount.drain()
        #expect(sandbox.bucket.text("f") == "another" && mount.progress.kept == [])
        #expect(try await program.text("f") == "another")
    }

    /// Its object could not be removed: it is what it was, with what waits.
    @Test(arguments: [true, false]) func aRemovalThatIsRefused(isRenamed: Bool) async throws {
        let sandbox = try WritingSandbox(.background, ["f": "old"])
        sandbox.bucket.fail { _, call in
            switch call {
            case .put: StoreError(.unreachable, "away")
            case .delete: StoreError(.denied, "not you")
            default: nil
            }
        }
        try await save("new", as: "f", isRenamed: isRenamed, in: sandbox)
        await expectError(EACCES) { try await sandbox.program.remove("f") }
        sandbox.bucket.fail(nil)
        let mount = try sandbox.runAgain()
        await mount.drain()
        #expect(sandbox.bucket.text("f") == "new" && mount.progress.kept == [])
    }

    /// Somebody makes a file of the same name meanwhile, on a store that cannot look and delete in one step.
    @Test func deletesNotWhatCameAfterIt() async throws {
        let bucket = MemoryBucket.writable { can in
            can.conditionalDelete = false
            can.conditionalPut = false
        }
        let sandbox = try WritingSandbox(.close, ["f": "old"], bucket: bucket)
        let file = try await sandbox.program.open("f", O_RDWR)
        try await sandbox.program.remove("f")
        bucket.halt { call in call == .delete("f") }
        try await sandbox.program.close(file)
        let saving = Begun { try await sandbox.program.save("new", as: "f") }
        try await Task.sleep(for: .milliseconds(50))
        #expect(!saving.hasEnded)
        bucket.goOn()
        try await saving.end()
        #expect(bucket.text("f") == "new")
    }

    /// It belongs to what was done here as well as what was written.
    @Test func aDrainWaitsForIt() async throws {
        let sandbox = try WritingSandbox(.close, ["f": "old"])
        let file = try await sandbox.program.open("f", O_RDWR)
        try await sandbox.program.remove("f")
        sandbox.bucket.halt { call in call == .delete("f") }
        try await sandbox.program.close(file)
        let draining = Begun { await sandbox.mount.drain() }
        try await Task.sleep(for: .milliseconds(50))
        #expect(!draining.hasEnded)
        sandbox.bucket.goOn()
        try await draining.end()
        #expect(sandbox.bucket.keys == [])
    }

    /// What comes to its place, or has its folder go.
    enum Successor: CaseIterable {
        case file, node, link, folder, renamed, renamedFolder, noFolder, otherFolder
    }

    /// Whoever has it open reads it to its end, and nobody else sees it again.
    @Test(arguments: Successor.allCases, [false, true]) func whatIsRemovedCanBeReadWhateverComesInItsPlace(
        successor: Successor, canDecide: Bool
    ) async throws {
        let bucket = MemoryBucket.writable { can in
            can.conditionalPut = canDecide
            can.conditionalCopy = canDecide
            can.conditionalDelete = canDecide
        }
        let sandbox = try WritingSandbox(.close, ["d/f": "old", "g": "new", "e/g": "new"], bucket: bucket)
        let program = sandbox.program
        let reader = TestProgram(sandbox.mount, process: 200)
        let file = try await reader.open("d/f", O_RDONLY)
        try await program.remove("d/f")
        #expect(try await program.names("d") == [])
        switch successor {
        case .file: try await program.save("new", as: "d/f")
        case .node: try await program.makeNode("d/f", mode: S_IFREG | 0o644)
        case .link: try await program.makeLink("d/f", to: "new")
        case .folder: try await program.makeFolder("d/f")
        case .renamed: try await program.rename("g", to: "d/f")
        case .renamedFolder: try await program.rename("d", to: "n")
        case .noFolder: try await program.removeFolder("d")
        case .otherFolder:
            try await program.makeFolder("d2")
            try await program.rename("d2", to: "d")
        }
        #expect(try await reader.read(from: file) == Array("old".utf8))
        try await reader.close(file)
        await sandbox.mount.drain()
        let there = bucket.keys.filter { !["g", "e/g"].contains($0) }
        switch successor {
        case .file, .renamed: #expect(there == ["d/f"] && bucket.text("d/f") == "new")
        case .link: #expect(there == ["d/f"] && bucket.text("d/f") == "new")
        case .node: #expect(there == ["d/f"] && bucket.text("d/f") == "")
        case .folder: #expect(there == ["d/f/"])
        case .renamedFolder, .noFolder: #expect(there == [])
        case .otherFolder: #expect(there == ["d/"])
        }
    }

    /// More than 64 MiB are not brought here for whoever has it open.
    @Test(arguments: [false, true]) func whatIsTooLargeToBeBroughtHereIsStale(isReplaced: Bool) async throws {
        let sandbox = try WritingSandbox(.close, ["g": "new"])
        sandbox.bucket.set("f", [UInt8](repeating: 1, count: 65 << 20))
        let file = try await sandbox.program.open("f", O_RDONLY)
        _ = sandbox.bucket.takeCalls()
        if !isReplaced {
            try await sandbox.program.remove("f")
            // As long as nothing comes to its place its object is there.
            #expect(try await sandbox.program.read(3, at: 60 << 20, from: file) == [1, 1, 1])
        }
        try await sandbox.program.rename("g", to: "f")
        #expect(sandbox.bucket.text("f") == "new")
        await expectError(ESTALE) { _ = try await sandbox.program.read(3, at: 30 << 20, from: file) }
        sandbox.program.release(file)
        await sandbox.mount.drain()
        #expect(sandbox.bucket.keys == ["f"] && sandbox.bucket.text("f") == "new")
    }

    // MARK: When everything is killed meanwhile, and versions tell content from content alone

    private func sandbox(_ objects: [String: String]) throws -> WritingSandbox {
        let bucket = MemoryBucket.writable()
        bucket.nameVersionsByContent()
        return try WritingSandbox(.close, objects, bucket: bucket)
    }

    @Test func itIsDeletedByTheNextRun() async throws {
        let sandbox = try sandbox(["f": "same"])
        let file = try await sandbox.program.open("f", O_RDWR)
        try await sandbox.program.remove("f")
        #expect(sandbox.bucket.text("f") == "same")
        let mount = try sandbox.runAgain()
        #expect(await soon { sandbox.bucket.text("f") == nil })
        #expect(mount.progress.kept == [])
        _ = file
    }

    @Test func whatCameInItsPlaceStaysThoughItHasTheSameBytes() async throws {
        let sandbox = try sandbox(["f": "same"])
        let file = try await sandbox.program.open("f", O_RDWR)
        try await sandbox.program.remove("f")
        try await sandbox.program.save("same", as: "f")
        try await expectStays(["f": "same"], sandbox)
        _ = file
    }

    @Test func whatWasRenamedOverItStaysThoughItHasTheSameBytes() async throws {
        let sandbox = try sandbox(["f": "same", "g": "same"])
        let file = try await sandbox.program.open("f", O_RDWR)
        try await sandbox.program.rename("g", to: "f")
        try await expectStays(["f": "same"], sandbox)
        _ = file
    }

    /// What another version of the program has noted, or a disk has spoilt, says nothing about the bucket.
    @Test(arguments: ["attributes", "doomed", "key"]) func nothingIsDeletedForWhatCannotBeRead(word: String)
        async throws
    {
        let sandbox = try sandbox(["f": "old"])
        let file = try await sandbox.program.open("f", O_RDWR)
        try await sandbox.program.write("new", to: file)
        let staged = try #require(sandbox.mount.tree.written().first).file.staged
        if word == "attributes" { try staged.describe([word: 1]) } else { try staged.name([word: 1]) }
        try await expectStays(["f": "old"], sandbox, kept: [.damaged])
    }

    private func expectStays(
        _ objects: [String: String], _ sandbox: WritingSandbox, kept: [KeptFile.Reason] = [],
        at location: SourceLocation = #_sourceLocation
    ) async throws {
        let mount = try sandbox.runAgain()
        // Whatever is begun when it is mounted has ended when something behind it has.
        try await TestProgram(mount).save("x", as: "after")
        await mount.drain()
        for (key, text) in objects { #expect(sandbox.bucket.text(ObjectKey(key)) == text, sourceLocation: location) }
        #expect(
            !sandbox.bucket.takeChanges().contains { if case .delete = $0 { true } else { false } },
            sourceLocation: location)
        #expect(mount.progress.kept.map(\.reason) == kept, sourceLocation: location)
    }
}
