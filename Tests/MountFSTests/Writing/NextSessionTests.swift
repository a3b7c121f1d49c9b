import Glibc
import ObjectStore
import Platform
import TestSupport
import Testing

@testable import MountFS

/// A session is killed and replaced under programs that go on: files that they hold are the same to them, and what they had
/// asked for the kernel asks again.
struct NextSessionTests {
    private let create = O_RDWR | O_CREAT | O_TRUNC

    @Test func aWriterGoesOnWithTheNextSession() async throws {
        let sandbox = try WritingSandbox(.close, ["f": "0123456789"])
        let old = try await sandbox.program.open("f", O_RDWR)
        try await sandbox.program.write("ab", to: old)
        let new = try await sandbox.program.open("g", create)
        try await sandbox.program.write("one", to: new)
        sandbox.line.cut()
        let mount = try sandbox.mount.successor(on: sandbox.bucket, try sandbox.staging.afterKill())
        let program = TestProgram(mount)
        #expect(try await program.read(from: old) == Array("ab23456789".utf8))
        #expect(try await mount.attributes(of: new.node).size == 3)
        try await program.write(" two", at: 3, to: new)
        try await program.write("cd", at: 8, to: old)
        try await program.close(new)
        try await program.close(old)
        await mount.drain()
        #expect(sandbox.bucket.text("g") == "one two" && sandbox.bucket.text("f") == "ab234567cd")
        #expect(mount.progress.kept == [])
    }

    /// The kernel asks the next session once more for what the crashed one has not answered: one handle is open then, and not two,
    /// of which nobody would ever close one.
    @Test func anOpenComesAgain() async throws {
        let sandbox = try WritingSandbox(.close, ["f": "old"])
        let node = try await sandbox.program.node("f")
        let unheard = try await sandbox.program.open(node, Access(flags: O_WRONLY | O_TRUNC), asRequest: 14)
        sandbox.line.cut()
        let mount = try sandbox.mount.successor(on: sandbox.bucket, try sandbox.staging.afterKill())
        let program = TestProgram(mount)
        let file = try await program.open(node, Access(flags: O_WRONLY | O_TRUNC), asRequest: 14)
        #expect(file.handle == unheard.handle)
        let other = try await program.open(node, Access(flags: O_WRONLY), asRequest: 16)
        #expect(other.handle != file.handle)
        program.release(other)
        try await program.write("half", to: file)
        try await program.flush(file, by: .process(program.caller.process, isDying: true))
        program.release(file)
        #expect(await soon { mount.progress.kept.map(\.path) == ["f"] })
        #expect(try await program.text("f") == "old")
        await mount.drain()
        #expect(sandbox.bucket.text("f") == "old")
    }

    /// That its writer was dying only the crashed session had heard, or nobody.
    @Test(arguments: [true, false]) func aWriterDiesWithItsSession(wasHeard: Bool) async throws {
        let sandbox = try WritingSandbox(.close, ["f": "0123456789"])
        let changed = try await sandbox.program.open("f", O_RDWR)
        try await sandbox.program.write("ab", to: changed)
        let made = try await sandbox.program.open("g", create)
        try await sandbox.program.write("half", to: made)
        let appended = try await sandbox.program.open("h", create | O_APPEND)
        try await sandbox.program.write("a line", to: appended)
        if wasHeard {
            for file in [changed, made, appended] {
                try await sandbox.program.flush(file, by: .process(sandbox.program.caller.process, isDying: true))
            }
        }
        sandbox.line.cut()
        let mount = try sandbox.mount.successor(on: sandbox.bucket, try sandbox.staging.afterKill())
        let program = TestProgram(mount)
        for file in [changed, made, appended] { program.release(file) }
        await mount.drain()
        #expect(sandbox.bucket.keys == ["f", "h"] && sandbox.bucket.text("f") == "0123456789")
        #expect(sandbox.bucket.text("h") == "a line")
        #expect(
            Set(mount.progress.kept.map(\.path)) == ["f", "g"] && mount.progress.kept.allSatisfy { $0.reason == .torn })
    }

    /// Nothing was written: only whether its writer was dying tells what is to become of it, and that is known.
    @Test(arguments: [true, false]) func aFileWithoutBytesIsLetGoOfByTheNextSession(isDying: Bool) async throws {
        let sandbox = try WritingSandbox(.close, ["f": "old"])
        let cut = try await sandbox.program.open("f", O_WRONLY | O_TRUNC)
        let made = try await sandbox.program.open("g", create)
        for file in [cut, made] {
            try await sandbox.program.flush(file, by: .process(sandbox.program.caller.process, isDying: isDying))
        }
        sandbox.line.cut()
        let mount = try sandbox.mount.successor(on: sandbox.bucket, try sandbox.staging.afterKill())
        let program = TestProgram(mount)
        for file in [cut, made] { program.release(file) }
        await mount.drain()
        #expect(sandbox.bucket.text("f") == (isDying ? "old" : "") && sandbox.bucket.text("g") == (isDying ? nil : ""))
        #expect(mount.progress.kept.count == (isDying ? 2 : 0))
    }

    /// The kernel asks the next session once more for a rename that the crashed one has not answered.
    @Test(
        arguments: [SessionLine.Step.copy, .delete, .rename], SessionLine.Moment.allCases)
    func aRenameGoesOnWithTheNextSession(step: SessionLine.Step, moment: SessionLine.Moment) async throws {
        let renames: StoreCapabilities.AtomicRename = step == .rename ? .objects : .none
        for (isNew, replaced) in [(true, nil), (true, "replaced"), (false, "replaced"), (true, "new, too")] {
            var objects = ["f": "old"]
            if replaced != nil { objects["g"] = "older" }
            let bucket = MemoryBucket.writable { $0.atomicRename = renames }
            let sandbox = try WritingSandbox(.background, objects, bucket: bucket)
            sandbox.bucket.fail { _, call in if case .put = call { StoreError(.unreachable, "away") } else { nil } }
            if isNew { try await sandbox.program.save("new", as: "f") }
            if let replaced { try await sandbox.program.save(replaced, as: "g") }
            sandbox.line.cut(step, 1, moment)
            _ = Begun { try await sandbox.program.rename("f", to: "g") }
            #expect(await soon { sandbox.line.isCut })
            sandbox.bucket.fail(nil)
            let mount = try sandbox.mount.successor(on: sandbox.bucket, try sandbox.staging.afterKill())
            let program = TestProgram(mount)
            do {
                try await program.rename("f", to: "g")
            } catch {
                #expect(error == .notThere)
            }
            #expect(try await program.text("g") == (isNew ? "new" : "old"))
            #expect(try await program.attributes("f") == nil)
            await mount.drain()
            #expect(mount.progress.kept == [] && mount.progress.isSafe)
            #expect(sandbox.bucket.keys == ["g"] && sandbox.bucket.text("g") == (isNew ? "new" : "old"))
        }
    }

    private func makeAgain(
        _ name: String, _ flags: Int32, asRequest number: UInt64, by program: TestProgram
    ) async throws(SystemError) -> NewFile {
        try await answer { reply in
            Array(name.utf8).withUnsafeBytes {
                program.mount.files.findMade(
                    $0, in: .root, Access(flags: flags), by: program.caller.asking(number), reply)
            }
        }
    }

    /// The file that was made is given to whoever asks for it again, also exclusively, and to nobody else.
    @Test(arguments: [O_RDWR | O_CREAT | O_EXCL, O_WRONLY | O_CREAT | O_TRUNC])
    func aFileThatWasMadeAndNotToldOf(flags: Int32) async throws {
        let sandbox = try WritingSandbox(.close, ["theirs": "theirs"])
        let made = try await sandbox.program.make("f", flags, asRequest: 14)
        sandbox.line.cut()
        let mount = try sandbox.mount.successor(on: sandbox.bucket, try sandbox.staging.afterKill())
        let program = TestProgram(mount)
        await expectError(EEXIST) { _ = try await program.make("f", flags) }
        await expectError(EEXIST) { _ = try await makeAgain("f", flags, asRequest: 16, by: program) }
        await expectError(EEXIST) { _ = try await makeAgain("theirs", flags, asRequest: 14, by: program) }
        let again = try await makeAgain("f", flags, asRequest: 14, by: program)
        #expect(again.file.handle == made.handle && again.entry.attributes.node == made.node)
        // A shell that moves the descriptor before it writes says nothing by that.
        try await program.flush(made)
        #expect(sandbox.bucket.takeChanges() == [])
        try await program.write("content", to: made)
        try await program.close(made)
        await mount.drain()
        #expect(sandbox.bucket.text("f") == "content" && mount.progress.isSafe && mount.progress.openFiles == 0)
    }

    // MARK: The first moment

    /// What the crashed session has asked for may still be carried out, and would undo what is done before that.
    @Test func namesWaitForAMoment() async throws {
        let moment = 700
        let sandbox = try WritingSandbox(.close, ["f": "old", "g": "old", "h": "old", "sub/i": "old"])
        sandbox.line.cut()
        let staging = try sandbox.staging.afterKill { $0.afterCrash = TimeSpan(milliseconds: moment) }
        let watch = Stopwatch()
        let mount = try sandbox.mount.successor(on: sandbox.bucket, staging)
        let program = TestProgram(mount)
        #expect(try await program.text("f") == "old")
        try await withThrowingTaskGroup { group in
            group.addTask { try await program.remove("f") }
            group.addTask { try await program.rename("g", to: "k") }
            group.addTask { try await program.makeFolder("folder") }
            group.addTask { try await program.makeLink("link", to: "h") }
            group.addTask { try await program.close(try await program.open("h", O_WRONLY | O_TRUNC)) }
            for try await _ in group { #expect(watch.seconds * 1000 >= Double(moment - 1)) }
        }
    }
}
