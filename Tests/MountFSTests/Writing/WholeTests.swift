import Glibc
import ObjectStore
import Platform
import TestSupport
import Testing

@testable import MountFS

/// Which versions of a file are whole, and what becomes of the others.
struct WholeTests {
    /// A program that waits for nothing any more.
    private final class Killed: PendingRequest {
        func fail(_ error: SystemError) -> Bool { false }
        func whenAbandoned(_ handler: @escaping @Sendable () -> Void) {}
    }

    /// Nobody has called the file empty who lives to write to it.
    @Test func whoIsKilledInOpenLeavesItAsItWas() async throws {
        let sandbox = try WritingSandbox(.close, ["f": "old"])
        let node = try await sandbox.program.node("f")
        sandbox.mount.files.open(
            node, Access(flags: O_WRONLY | O_TRUNC), by: sandbox.program.caller, Reply(to: Killed()) { _ in false })
        #expect(await soon { sandbox.mount.progress.kept.map(\.reason) == [.torn] })
        #expect(try await sandbox.program.text("f") == "old")
        await sandbox.mount.drain()
        #expect(sandbox.bucket.text("f") == "old")
    }

    /// Somebody has written on behind a version that is still on its way, and died; who writes next does not write over that.
    @Test(arguments: [false, true]) func whatIsTornBehindAWholeVersionIsKept(isRead: Bool) async throws {
        let sandbox = try WritingSandbox(.fsync)
        sandbox.bucket.halt { if case .put = $0 { true } else { false } }
        try await sandbox.program.save("whole", as: "f")
        let file = try await sandbox.program.open("f", O_WRONLY)
        try await sandbox.program.write("torn, and longer", to: file)
        try await sandbox.program.flush(file, by: .process(sandbox.program.caller.process, isDying: true))
        let reader = isRead ? try await sandbox.program.open("f", O_RDONLY) : nil
        sandbox.program.release(file)
        let next = Begun { try await sandbox.program.save("next", as: "f") }
        sandbox.bucket.goOn()
        try await next.end()
        if let reader { try await sandbox.program.close(reader) }
        await sandbox.mount.drain()
        let kept = try sandbox.mount.progress.kept.map { try sandbox.bytes(of: $0) }
        #expect(kept == ["torn, and longer"] && sandbox.bucket.text("f") == "next")
    }

    private let create = O_WRONLY | O_CREAT | O_TRUNC

    /// As `sh -c 'echo x > f'` does: the shell moves the descriptor before anything is written.
    @Test func aCloseBeforeAnythingIsWrittenIsNone() async throws {
        let sandbox = try WritingSandbox()
        let file = try await sandbox.program.open("f", create)
        try await sandbox.program.flush(file)
        #expect(sandbox.bucket.takeChanges() == [])
        try await sandbox.program.write("x\n", to: file)
        try await sandbox.program.close(file)
        #expect(sandbox.bucket.text("f") == "x\n" && sandbox.bucket.takeChanges() == [.put("f")])
    }

    @Test func aChildThatClosesWhatItInheritedIsNoClose() async throws {
        let sandbox = try WritingSandbox(.close, ["f": "old"])
        let file = try await sandbox.program.open("f", create)
        try await sandbox.program.write("half", to: file)
        try await sandbox.program.flush(file, by: .process(999))
        await sandbox.mount.drain()
        #expect(sandbox.bucket.text("f") == "old")
        try await sandbox.program.write(" and half", at: 4, to: file)
        try await sandbox.program.close(file)
        #expect(sandbox.bucket.text("f") == "half and half" && sandbox.bucket.takeChanges() == [.put("f")])
    }

    /// Of processes in other namespaces the kernel tells nothing: they count as the one that opened the file.
    @Test(arguments: [(opener: Int32(0), closer: Int32(5)), (5, 0), (0, 0)])
    func whoeverIsUnknownCountsAsTheOpener(opener: Int32, closer: Int32) async throws {
        let sandbox = try WritingSandbox()
        let program = TestProgram(sandbox.mount, process: opener)
        let file = try await program.open("f", create)
        try await program.write("whole", to: file)
        try await program.flush(file, by: .process(closer))
        #expect(sandbox.bucket.text("f") == "whole")
        program.release(file)
    }

    private func die(_ sandbox: WritingSandbox, with file: TestProgram.File) async throws {
        try await sandbox.program.flush(file, by: .process(sandbox.program.caller.process, isDying: true))
        sandbox.program.release(file)
        await sandbox.mount.drain()
    }

    private func expectKept(
        _ text: String, _ reason: KeptFile.Reason = .torn, in sandbox: WritingSandbox,
        at location: SourceLocation = #_sourceLocation
    ) throws {
        let kept = sandbox.mount.progress.kept
        #expect(kept.map(\.reason) == [reason], sourceLocation: location)
        guard let one = kept.first else { return }
        #expect(one.path.text.hasSuffix("f"), sourceLocation: location)
        #expect(one.file.text.hasPrefix(sandbox.staging.folder.path + "/kept/"), sourceLocation: location)
        #expect(try sandbox.bytes(of: one) == text, sourceLocation: location)
        #expect(!sandbox.mount.progress.isSafe, sourceLocation: location)
    }

    @Test(arguments: CommitMode.allCases) func aWriterThatDiesLeavesNothing(commit: CommitMode) async throws {
        let sandbox = try WritingSandbox(commit)
        let file = try await sandbox.program.open("f", create)
        try await sandbox.program.write("half", to: file)
        try await die(sandbox, with: file)
        #expect(sandbox.bucket.keys == [] && sandbox.bucket.takeChanges() == [])
        #expect(try await sandbox.program.attributes("f") == nil)
        #expect(try await sandbox.program.names() == [])
        try expectKept("half", in: sandbox)
        // The name can be taken again.
        try await sandbox.program.save("whole", as: "f")
        await sandbox.mount.drain()
        #expect(sandbox.bucket.text("f") == "whole")
    }

    /// Nor in the store where nobody sees it: a part was on its way when it died.
    @Test func aWriterThatDiesLeavesNoUpload() async throws {
        let sandbox = try WritingSandbox()
        sandbox.bucket.halt { $0 == .begin("f") }
        let file = try await sandbox.program.open("f", create)
        let megabyte = [UInt8](repeating: 7, count: 1 << 20)
        for place in 0..<20 { try await sandbox.program.write(megabyte, at: place << 20, to: file) }
        #expect(await soon { sandbox.bucket.waits(.begin("f")) })
        try await sandbox.program.flush(file, by: .process(sandbox.program.caller.process, isDying: true))
        sandbox.program.release(file)
        sandbox.bucket.goOn()
        await sandbox.mount.drain()
        #expect(sandbox.bucket.uploads == [] && sandbox.bucket.keys == [])
        #expect(sandbox.mount.progress.kept.map(\.reason) == [.torn])
    }

    @Test func aWriterThatDiesLeavesTheOldObject() async throws {
        let sandbox = try WritingSandbox(.close, ["f": "old content"])
        let file = try await sandbox.program.open("f", create)
        try await sandbox.program.write("half", to: file)
        #expect(try await sandbox.program.text("f") == "half")
        try await die(sandbox, with: file)
        #expect(sandbox.bucket.text("f") == "old content" && sandbox.bucket.takeChanges() == [])
        #expect(try await sandbox.program.text("f") == "old content")
        #expect(try await sandbox.program.attributes("f")?.size == 11)
        try expectKept("half", in: sandbox)
    }

    /// What is kept is the file as the program saw it, also where it had written nothing.
    @Test func whatIsKeptIsTheWholeFile() async throws {
        let sandbox = try WritingSandbox(.close, ["f": "old content"])
        let file = try await sandbox.program.open("f", O_RDWR)
        try await sandbox.program.write("new", to: file)
        try await die(sandbox, with: file)
        #expect(sandbox.bucket.text("f") == "old content")
        try expectKept("new content", in: sandbox)
    }

    @Test func whoAppendsCannotTear() async throws {
        let sandbox = try WritingSandbox(.close, ["f": "one\n"])
        let file = try await sandbox.program.open("f", O_WRONLY | O_APPEND)
        try await sandbox.program.write("two\n", to: file)
        try await die(sandbox, with: file)
        #expect(sandbox.bucket.text("f") == "one\ntwo\n" && sandbox.mount.progress.kept == [])
    }

    @Test func whatWasSynchronizedIsWhole() async throws {
        let sandbox = try WritingSandbox()
        let file = try await sandbox.program.open("f", create)
        try await sandbox.program.write("whole", to: file)
        try await sandbox.program.synchronize(file)
        #expect(sandbox.bucket.text("f") == "whole")
        try await die(sandbox, with: file)
        #expect(sandbox.bucket.text("f") == "whole" && sandbox.mount.progress.kept == [])
    }

    /// Whoever it is.
    @Test(arguments: CommitMode.allCases) func whatAnotherHasSynchronizedIsWhole(commit: CommitMode) async throws {
        let sandbox = try WritingSandbox(commit)
        let file = try await sandbox.program.open("f", create)
        try await sandbox.program.write("whole", to: file)
        let other = TestProgram(sandbox.mount, process: 200)
        let reader = try await other.open("f", O_RDONLY)
        try await other.synchronize(reader)
        other.release(reader)
        try await die(sandbox, with: file)
        #expect(sandbox.bucket.text("f") == "whole" && sandbox.mount.progress.kept == [])
    }

    /// Who reads what a writer has left torn makes nothing whole by that.
    @Test func whatIsTornStaysSoWhoeverSynchronizesIt() async throws {
        let sandbox = try WritingSandbox()
        let file = try await sandbox.program.open("f", create)
        try await sandbox.program.write("half", to: file)
        let other = TestProgram(sandbox.mount, process: 200)
        let reader = try await other.open("f", O_RDONLY)
        try await die(sandbox, with: file)
        #expect(try await other.read(from: reader) == Array("half".utf8))
        try await other.synchronize(reader)
        try await other.close(reader)
        await sandbox.mount.drain()
        #expect(sandbox.bucket.keys == [])
        try expectKept("half", in: sandbox)
    }

    @Test(arguments: CommitMode.allCases) func whatWasWrittenAfterItIsTorn(commit: CommitMode) async throws {
        let sandbox = try WritingSandbox(commit)
        let file = try await sandbox.program.open("f", create)
        try await sandbox.program.write("whole", to: file)
        try await sandbox.program.synchronize(file)
        try await sandbox.program.write("torn!", to: file)
        try await die(sandbox, with: file)
        #expect(sandbox.bucket.text("f") == "whole")
        #expect(try await sandbox.program.text("f") == "whole")
        try expectKept("torn!", in: sandbox)
    }

    /// So is what was found whole by a close of the same open file.
    @Test func whatWasClosedOnceIsWhole() async throws {
        let sandbox = try WritingSandbox()
        let file = try await sandbox.program.open("f", create)
        try await sandbox.program.write("whole", to: file)
        try await sandbox.program.flush(file)
        #expect(sandbox.bucket.text("f") == "whole")
        try await sandbox.program.write("more!", at: 5, to: file)
        try await die(sandbox, with: file)
        #expect(sandbox.bucket.text("f") == "whole")
        try expectKept("wholemore!", in: sandbox)
    }

    /// They are about the file, and were not what was being done to it when its writer died.
    @Test(arguments: CommitMode.allCases, [false, true])
    func whatWasSetOfATornFileIsStored(commit: CommitMode, isRead: Bool) async throws {
        let sandbox = try WritingSandbox(commit, ["f": "old"])
        let reader = TestProgram(sandbox.mount, process: 200)
        let open = isRead ? try await reader.open("f", O_RDONLY) : nil
        let file = try await sandbox.program.open("f", O_RDWR)
        try await sandbox.program.write("torn", to: file)
        try await sandbox.program.change("f") { $0.mode = 0o600 }
        try await sandbox.program.setAttribute("user.colour", Array("red".utf8), of: "f")
        try await die(sandbox, with: file)
        #expect(try await sandbox.program.attributes("f")?.mode == 0o600)
        #expect(try await sandbox.program.text("f") == "old")
        if let open {
            #expect(try await reader.read(from: open) == Array("old".utf8))
            try await reader.close(open)
            await sandbox.mount.drain()
        }
        #expect(sandbox.bucket.text("f") == "old")
        #expect(sandbox.bucket.objects["f"]?.metadata.user["mode"] == "33152")
        #expect(sandbox.bucket.objects["f"]?.metadata.user["colour"] == "red")
        try expectKept("torn", in: sandbox)
    }

    /// Somebody has opened it again just before it was to be put aside.
    @Test func whatIsTornAndOpenAgainLeavesNothingBehind() async throws {
        let sandbox = try WritingSandbox(.close, ["f": "old"])
        let open = try await sandbox.program.open("f", O_RDWR)
        try await sandbox.program.write("torn", to: open)
        try await sandbox.program.change("f") { $0.mode = 0o600 }
        let (node, file) = try #require(sandbox.mount.tree.written().first)
        let staged = try sandbox.staging.folder.names
        file.isAbandoned = true
        sandbox.mount.files.finish(node, file, try #require(sandbox.mount.files.writing))
        #expect(try sandbox.staging.folder.names == staged && sandbox.mount.progress.kept == [])
        file.isAbandoned = false
        try await sandbox.program.close(open)
        #expect(sandbox.bucket.text("f") == "torn")
    }

    @Test func dyingCountsBeforeAnythingIsWritten() async throws {
        let sandbox = try WritingSandbox(.close, ["old": "old"])
        try await die(sandbox, with: try await sandbox.program.open("f", create))
        try await die(sandbox, with: try await sandbox.program.open("old", create))
        #expect(sandbox.bucket.keys == ["old"] && sandbox.bucket.text("old") == "old")
        #expect(try await sandbox.program.names() == ["old"])
        #expect(try await sandbox.program.text("old") == "old")
    }

    @Test func whoDiesWithoutHavingChangedAnythingTearsNothing() async throws {
        let sandbox = try WritingSandbox(.close, ["f": "old"])
        try await die(sandbox, with: try await sandbox.program.open("f", O_RDWR))
        #expect(sandbox.bucket.text("f") == "old" && sandbox.mount.progress.kept == [])
        #expect(sandbox.bucket.takeChanges() == [])
    }

    /// Data loaders are killed with what they have inherited, while their parent writes on.
    @Test func aChildThatDiesTearsNothing() async throws {
        let sandbox = try WritingSandbox()
        let file = try await sandbox.program.open("f", create)
        try await sandbox.program.write("whole", to: file)
        try await sandbox.program.flush(file, by: .process(999, isDying: true))
        #expect(sandbox.bucket.keys == [])
        try await sandbox.program.close(file)
        #expect(sandbox.bucket.text("f") == "whole" && sandbox.mount.progress.kept == [])
    }

    @Test func anotherWhoClosesMakesItWhole() async throws {
        let sandbox = try WritingSandbox()
        let file = try await sandbox.program.open("f", create)
        let other = TestProgram(sandbox.mount, process: 200)
        let second = try await other.open("f", O_WRONLY)
        try await sandbox.program.write("one", to: file)
        try await sandbox.program.flush(file, by: .process(sandbox.program.caller.process, isDying: true))
        sandbox.program.release(file)
        try await other.write(" two", at: 3, to: second)
        try await other.close(second)
        #expect(sandbox.bucket.text("f") == "one two" && sandbox.mount.progress.kept == [])
    }

    @Test func aFileThatIsClosedEmptyIsThere() async throws {
        let sandbox = try WritingSandbox(.close, ["old": "old"])
        try await sandbox.program.close(try await sandbox.program.open("f", create))
        try await sandbox.program.close(try await sandbox.program.open("old", create))
        await sandbox.mount.drain()
        #expect(sandbox.bucket.text("f") == "" && sandbox.bucket.text("old") == "")
    }

    @Test func theLastReleaseSavesWhatNobodyClosed() async throws {
        let sandbox = try WritingSandbox()
        let file = try await sandbox.program.open("f", create)
        try await sandbox.program.write("whole", to: file)
        try await sandbox.program.flush(file, by: .process(999))
        #expect(sandbox.bucket.keys == [])
        sandbox.program.release(file)
        await sandbox.mount.drain()
        #expect(sandbox.bucket.text("f") == "whole")
    }

    @Test func whatIsTornIsUploadedWhereThatIsWanted() async throws {
        let sandbox = try WritingSandbox { $0.uploadsTorn = true }
        let file = try await sandbox.program.open("f", create)
        try await sandbox.program.write("half", to: file)
        try await die(sandbox, with: file)
        #expect(sandbox.bucket.text("f") == "half" && sandbox.mount.progress.kept == [])
        #expect(try await sandbox.program.text("f") == "half")
    }

    /// Nobody asks for it any more.
    @Test func whatIsTornAndHasNoNameIsNotKept() async throws {
        let sandbox = try WritingSandbox()
        let file = try await sandbox.program.open("f", create)
        try await sandbox.program.write("half", to: file)
        try await sandbox.program.remove("f")
        try await die(sandbox, with: file)
        #expect(sandbox.bucket.keys == [] && sandbox.mount.progress.kept == [])
    }
}
