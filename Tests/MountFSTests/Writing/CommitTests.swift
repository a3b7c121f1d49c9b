import Glibc
import ObjectStore
import Platform
import Synchronization
import Testing

@testable import MountFS

/// When programs are told that what they wrote is safe, and how they hear that it is not.
struct CommitTests {
    private let create = O_WRONLY | O_CREAT | O_TRUNC

    /// Waiting pays as long as one of them may come.
    @Test func oneThatMayComeIsNotHiddenByOthersThatAreRefused() async throws {
        let sandbox = try WritingSandbox(.background)
        sandbox.bucket.fail { _, call in
            switch call {
            case .put("may come"): StoreError(.unreachable, "away")
            case .put: StoreError(.denied, "no")
            default: nil
            }
        }
        try await sandbox.program.save("x", as: "may come")
        for number in 1...20 { try await sandbox.program.save("x", as: "f\(number)") }
        #expect(await soon { sandbox.mount.progress.failedFiles == 21 })
        #expect(sandbox.mount.progress.failure?.isRetryable == true)
        // Else they are tried again for as long as the tests run.
        sandbox.bucket.fail(nil)
        await sandbox.mount.drain()
        #expect(sandbox.mount.progress.isSafe)
    }

    @Test func closeWaitsForTheBucket() async throws {
        let sandbox = try WritingSandbox(.close)
        let file = try await sandbox.program.open("f", create)
        try await sandbox.program.write("x", to: file)
        sandbox.bucket.halt()
        let closed = Begun { try await sandbox.program.close(file) }
        #expect(await soon { sandbox.bucket.takeCalls().contains(.put("f")) })
        #expect(!closed.hasEnded && sandbox.mount.progress.pendingFiles == 1)
        sandbox.bucket.goOn()
        try await closed.end()
        #expect(sandbox.bucket.text("f") == "x")
        let progress = sandbox.mount.progress
        #expect(progress.pendingFiles == 0 && progress.savedFiles == 1 && progress.savedBytes == 1 && progress.isSafe)
    }

    @Test(arguments: [CommitMode.fsync, .background]) func closeDoesNotWait(commit: CommitMode) async throws {
        let sandbox = try WritingSandbox(commit)
        let file = try await sandbox.program.open("f", create)
        try await sandbox.program.write("x", to: file)
        sandbox.bucket.halt()
        try await sandbox.program.close(file)
        #expect(sandbox.bucket.keys == [])
        let progress = sandbox.mount.progress
        #expect(progress.pendingFiles == 1 && progress.pendingBytes == 1 && !progress.isSafe)
        sandbox.bucket.goOn()
        // It is what everybody here sees all the while.
        #expect(try await sandbox.program.text("f") == "x")
        await sandbox.mount.drain()
        #expect(sandbox.bucket.text("f") == "x" && sandbox.mount.progress.isSafe)
    }

    @Test(arguments: [CommitMode.close, .fsync]) func fsyncWaitsForTheBucket(commit: CommitMode) async throws {
        let sandbox = try WritingSandbox(commit)
        let file = try await sandbox.program.open("f", create)
        try await sandbox.program.write("x", to: file)
        sandbox.bucket.halt()
        let synchronized = Begun { try await sandbox.program.synchronize(file) }
        #expect(await soon { sandbox.bucket.takeCalls().contains(.put("f")) })
        #expect(!synchronized.hasEnded)
        sandbox.bucket.goOn()
        try await synchronized.end()
        #expect(sandbox.bucket.text("f") == "x")
        try await sandbox.program.close(file)
    }

    /// As `sync FILE` does, which opens it to read.
    @Test(arguments: [CommitMode.close, .fsync]) func whoOnlyReadsSynchronizesToo(commit: CommitMode) async throws {
        let sandbox = try WritingSandbox(commit)
        let file = try await sandbox.program.open("f", create)
        try await sandbox.program.write("whole", to: file)
        let other = TestProgram(sandbox.mount, process: 200)
        let reader = try await other.open("f", O_RDONLY)
        sandbox.bucket.halt()
        let synchronized = Begun { try await other.synchronize(reader) }
        #expect(await soon { sandbox.bucket.takeCalls().contains(.put("f")) })
        #expect(!synchronized.hasEnded)
        sandbox.bucket.goOn()
        try await synchronized.end()
        #expect(sandbox.bucket.text("f") == "whole")
        other.release(reader)
        try await sandbox.program.close(file)
    }

    @Test func inTheBackgroundFsyncDoesNotWait() async throws {
        let sandbox = try WritingSandbox(.background)
        let file = try await sandbox.program.open("f", create)
        try await sandbox.program.write("x", to: file)
        sandbox.bucket.halt()
        try await sandbox.program.synchronize(file)
        try await sandbox.program.close(file)
        #expect(sandbox.bucket.keys == [] && sandbox.mount.progress.pendingFiles == 1)
        sandbox.bucket.goOn()
        await sandbox.mount.drain()
        #expect(sandbox.bucket.text("f") == "x")
    }

    /// Of nothing there is nothing to be waited for.
    @Test(arguments: CommitMode.allCases) func whatIsSavedIsNotSavedAgain(commit: CommitMode) async throws {
        let sandbox = try WritingSandbox(commit)
        let file = try await sandbox.program.open("f", O_RDWR | O_CREAT)
        try await sandbox.program.write("x", to: file)
        try await sandbox.program.synchronize(file)
        await sandbox.mount.drain()
        #expect(sandbox.bucket.takeChanges() == [.put("f")])
        try await sandbox.program.synchronize(file)
        try await sandbox.program.close(file)
        await sandbox.mount.drain()
        #expect(sandbox.bucket.takeChanges() == [])
    }

    /// Opened to be written, and not written to.
    @Test(arguments: CommitMode.allCases) func whereNothingIsWrittenNothingIsUploaded(commit: CommitMode) async throws {
        let sandbox = try WritingSandbox(commit, ["f": "old"])
        let file = try await sandbox.program.open("f", O_RDWR)
        try await sandbox.program.synchronize(file)
        try await sandbox.program.close(file)
        await sandbox.mount.drain()
        #expect(sandbox.bucket.takeChanges() == [] && sandbox.mount.progress.savedFiles == 0)
    }

    @Test(arguments: CommitMode.allCases) func changesOfNamesWait(commit: CommitMode) async throws {
        let sandbox = try WritingSandbox(commit, ["f": "x", "g": "y", "old/": ""])
        let program = sandbox.program
        for name in ["f", "g", "old"] { _ = try await program.attributes(name) }
        // Of each its last step waits, when all that there is to be asked has been answered.
        sandbox.bucket.halt { call in
            [.delete("f"), .copy("g", to: "h"), .put("new/"), .delete("old/")].contains(call)
        }
        let changes = [
            Begun { try await program.remove("f") }, Begun { try await program.rename("g", to: "h") },
            Begun { try await program.makeFolder("new") }, Begun { try await program.removeFolder("old") },
        ]
        var calls: Set<MemoryBucket.Call> = []
        #expect(
            await soon {
                calls.formUnion(sandbox.bucket.takeChanges())
                return calls.count == 4
            })
        #expect(changes.allSatisfy { !$0.hasEnded })
        sandbox.bucket.goOn()
        for change in changes { try await change.end() }
        #expect(sandbox.bucket.keys == ["h", "new/"] && sandbox.bucket.text("h") == "y")
    }

    // MARK: Errors

    private func deny(_ sandbox: WritingSandbox, _ code: StoreError.Code = .denied) {
        sandbox.bucket.fail { _, call in
            if case .put = call { StoreError(code, "not now") } else { nil }
        }
    }

    @Test func closeSaysWhyItIsNotInTheBucket() async throws {
        let sandbox = try WritingSandbox()
        let file = try await sandbox.program.open("f", create)
        try await sandbox.program.write("x", to: file)
        deny(sandbox)
        await expectError(EACCES) { try await sandbox.program.close(file) }
        let progress = sandbox.mount.progress
        #expect(progress.failedFiles == 1 && progress.pendingFiles == 1 && progress.failure?.code == .denied)
        #expect(try await sandbox.program.text("f") == "x")
        // Nobody has to write it again.
        sandbox.bucket.fail(nil)
        #expect(await soon { sandbox.bucket.text("f") == "x" })
        #expect(await soon { sandbox.mount.progress.isSafe && sandbox.mount.progress.failure == nil })
    }

    /// Nobody is told by a later close that it is there, or by a close after an fsync.
    @Test(arguments: [false, true]) func everyCloseThatWaitsSaysIt(isSynchronized: Bool) async throws {
        let sandbox = try WritingSandbox()
        let file = try await sandbox.program.open("f", create)
        try await sandbox.program.write("x", to: file)
        deny(sandbox)
        await expectError(EACCES) {
            if isSynchronized {
                try await sandbox.program.synchronize(file)
            } else {
                try await sandbox.program.flush(file)
            }
        }
        await expectError(EACCES) { try await sandbox.program.flush(file) }
        sandbox.bucket.fail(nil)
        try await sandbox.program.close(file)
        #expect(sandbox.bucket.text("f") == "x")
    }

    @Test func aStoreThatDoesNotAnswerIsWaitedForSoLong() async throws {
        let sandbox = try WritingSandbox { $0.ioTimeout = TimeSpan(milliseconds: 60) }
        let file = try await sandbox.program.open("f", create)
        try await sandbox.program.write("x", to: file)
        deny(sandbox, .unreachable)
        await expectError(EIO) { try await sandbox.program.close(file) }
        sandbox.bucket.fail(nil)
        #expect(await soon { sandbox.bucket.text("f") == "x" })
    }

    @Test func aShortOutageIsNoError() async throws {
        let sandbox = try WritingSandbox()
        sandbox.bucket.fail { number, call in
            if case .put = call, number < 4 { StoreError(.throttled, "busy") } else { nil }
        }
        try await sandbox.program.save("x", as: "f")
        #expect(sandbox.bucket.text("f") == "x")
    }

    /// The next close, or the next fsync, of the same file says it.
    @Test(arguments: [false, true], [CommitMode.fsync, .background])
    func aLateErrorIsSaidToTheNext(bySynchronizing: Bool, commit: CommitMode) async throws {
        let sandbox = try WritingSandbox(commit)
        deny(sandbox)
        try await sandbox.program.save("x", as: "f")
        #expect(await soon { sandbox.mount.progress.failedFiles == 1 })
        try await sandbox.program.close(try await sandbox.program.open("g", O_RDWR | O_CREAT))
        let file = try await sandbox.program.open("f", O_WRONLY)
        try await sandbox.program.write("y", to: file)
        await expectError(EACCES) {
            if bySynchronizing {
                try await sandbox.program.synchronize(file)
            } else {
                try await sandbox.program.flush(file)
            }
        }
        sandbox.bucket.fail(nil)
        sandbox.program.release(file)
        #expect(await soon { sandbox.bucket.text("f") == "y" })
    }

    @Test func aLateErrorIsSaidOnce() async throws {
        let sandbox = try WritingSandbox(.background) { $0.longPause = TimeSpan(milliseconds: 3_600_000) }
        deny(sandbox)
        try await sandbox.program.save("x", as: "f")
        #expect(await soon { sandbox.mount.progress.failedFiles == 1 })
        let file = try await sandbox.program.open("f", O_WRONLY)
        await expectError(EACCES) { try await sandbox.program.synchronize(file) }
        try await sandbox.program.synchronize(file)
        try await sandbox.program.close(file)
        #expect(sandbox.mount.progress.failedFiles == 1)
    }

    @Test func whatIsReleasedAndFailsIsInTheStatusAndTheLog() async throws {
        let sandbox = try WritingSandbox()
        let file = try await sandbox.program.open("f", create)
        try await sandbox.program.write("x", to: file)
        deny(sandbox)
        sandbox.program.release(file)
        #expect(await soon { sandbox.mount.progress.failure?.code == .denied })
        #expect(sandbox.mount.progress.failedFiles == 1)
        #expect(await soon { sandbox.mount.lines.all.contains { $0.contains("f") } })
    }

    @Test func whatCannotBeRemovedOrRenamedStays() async throws {
        let sandbox = try WritingSandbox(.close, ["f": "x"])
        sandbox.bucket.fail { _, call in
            switch call {
            case .delete, .copy, .rename: StoreError(.denied, "no")
            default: nil
            }
        }
        await expectError(EACCES) { try await sandbox.program.remove("f") }
        await expectError(EACCES) { try await sandbox.program.rename("f", to: "g") }
        #expect(try await sandbox.program.names() == ["f"])
        #expect(try await sandbox.program.text("f") == "x" && sandbox.bucket.keys == ["f"])
        sandbox.bucket.fail { _, call in if case .put = call { StoreError(.denied, "no") } else { nil } }
        await expectError(EACCES) { try await sandbox.program.makeFolder("d") }
        await expectError(EACCES) { try await sandbox.program.makeLink("l", to: "f") }
        #expect(try await sandbox.program.names() == ["f"])
    }

    /// The end of a task does not wait for what will never come; but asks once more, whenever the next attempt was to be.
    @Test func drainingEndsWithWhatCannotBeSaved() async throws {
        let sandbox = try WritingSandbox(.background) { $0.longPause = TimeSpan(milliseconds: 3_600_000) }
        deny(sandbox)
        try await sandbox.program.save("x", as: "f")
        await sandbox.mount.drain()
        #expect(sandbox.mount.progress.failedFiles == 1 && sandbox.mount.progress.pendingFiles == 1)
        sandbox.bucket.fail(nil)
        await sandbox.mount.drain()
        #expect(sandbox.bucket.text("f") == "x" && sandbox.mount.progress.isSafe)
    }

    /// Somebody who writes on does not keep it from ending.
    @Test func drainingDoesNotWaitForWhatIsBeingWritten() async throws {
        let sandbox = try WritingSandbox(.background)
        let file = try await sandbox.program.open("f", create)
        try await sandbox.program.write("half", to: file)
        try await sandbox.program.save("x", as: "g")
        #expect(sandbox.mount.progress.openFiles == 1)
        await sandbox.mount.drain()
        #expect(sandbox.bucket.keys == ["g"])
        try await sandbox.program.close(file)
        await sandbox.mount.drain()
        #expect(sandbox.bucket.text("f") == "half" && sandbox.mount.progress.openFiles == 0)
    }
}
