import Glibc
import ObjectStore
import Platform
import Staging
import TestSupport
import Testing

@testable import MountFS

/// Everything is killed, and the task is run again over what is left on the disk: what programs were told to be safe comes into
/// the bucket, what was torn does not.
struct RecoveryTests {
    private let create = O_RDWR | O_CREAT | O_TRUNC

    private func expectKept(
        _ texts: [String], _ mount: TestMount, _ sandbox: WritingSandbox, at location: SourceLocation = #_sourceLocation
    ) throws {
        let kept = mount.progress.kept
        #expect(kept.allSatisfy { $0.reason == .torn }, sourceLocation: location)
        #expect(try kept.map(sandbox.bytes).sorted() == texts.sorted(), sourceLocation: location)
    }

    @Test(arguments: [CommitMode.fsync, .background]) func whatWasClosedIsUploaded(commit: CommitMode) async throws {
        let sandbox = try WritingSandbox(commit, ["old": "old"])
        let file = try await sandbox.program.open("f", create, mode: 0o600)
        try await sandbox.program.write("new", to: file)
        sandbox.line.cut()
        try await sandbox.program.close(file)
        let mount = try sandbox.runAgain()
        #expect(mount.progress.pendingFiles == 1)
        #expect(try await TestProgram(mount).text("f") == "new")
        await mount.drain()
        #expect(sandbox.bucket.text("f") == "new" && sandbox.bucket.text("old") == "old")
        #expect(sandbox.bucket.objects["f"]?.metadata.user["mode"].flatMap(StoredMode.init)?.permissions == 0o600)
        #expect(mount.progress.isSafe && mount.progress.kept == [])
    }

    /// Whoever is killed at any moment of the last release leaves it whole: nobody has it open only when that is noted.
    @Test func whatIsJustLetGoOfIsWhole() async throws {
        let sandbox = try WritingSandbox(.fsync)
        let file = try await sandbox.program.open("f", create)
        let staged = try #require(sandbox.mount.tree.written(file.node)).staged
        let log = sandbox.staging.folder.path("\(staged.id).log")
        sandbox.line.cut()
        let before = try FileReading.bytes(of: log, limit: 1 << 20).count
        try await sandbox.program.close(file)
        let bytes = try FileReading.bytes(of: log, limit: 1 << 20)
        #expect(bytes.count > before)
        for end in stride(from: before, through: bytes.count, by: 32) {
            let left = try sandbox.staging.afterKill()
            try Files.write(Array(bytes[..<end]), to: Array(left.folder.path("\(staged.id).log").utf8))
            let mount = try sandbox.mount.successor(on: MemoryBucket.writable(), left)
            await mount.drain()
            #expect(mount.progress.kept == [], "\(end) of \(bytes.count)")
        }
    }

    @Test func whatWasChangedAndClosedIsUploaded() async throws {
        let sandbox = try WritingSandbox(.fsync, ["f": "0123456789"])
        let file = try await sandbox.program.open("f", O_RDWR)
        try await sandbox.program.write("ab", at: 4, to: file)
        sandbox.line.cut()
        try await sandbox.program.close(file)
        let mount = try sandbox.runAgain()
        await mount.drain()
        #expect(sandbox.bucket.text("f") == "0123ab6789")
        #expect(try await TestProgram(mount).text("f") == "0123ab6789")
    }

    @Test(arguments: CommitMode.allCases) func whatWasBeingWrittenIsKeptAside(commit: CommitMode) async throws {
        let sandbox = try WritingSandbox(commit, ["f": "old"])
        let old = try await sandbox.program.open("f", create)
        try await sandbox.program.write("half", to: old)
        let new = try await sandbox.program.open("g", create)
        try await sandbox.program.write("the other half", to: new)
        let mount = try sandbox.runAgain()
        await mount.drain()
        #expect(sandbox.bucket.keys == ["f"] && sandbox.bucket.text("f") == "old")
        let program = TestProgram(mount)
        #expect(try await program.names() == ["f"])
        #expect(try await program.text("f") == "old")
        try expectKept(["half", "the other half"], mount, sandbox)
        #expect(mount.progress.kept.map(\.path.text).contains { $0.hasSuffix("g") })
    }

    /// Of a file that was whole and is written to again the whole version is uploaded, the rest kept.
    @Test func theLastWholeVersionIsUploaded() async throws {
        let sandbox = try WritingSandbox(.fsync)
        let file = try await sandbox.program.open("f", create)
        sandbox.line.cut()
        try await sandbox.program.write("whole", to: file)
        try await sandbox.program.flush(file)
        try await sandbox.program.write("TORN", to: file)
        let mount = try sandbox.runAgain()
        await mount.drain()
        #expect(sandbox.bucket.text("f") == "whole")
        #expect(try await TestProgram(mount).text("f") == "whole")
        try expectKept(["TORNe"], mount, sandbox)
    }

    @Test func whatIsTornIsUploadedWhereThatIsWanted() async throws {
        let sandbox = try WritingSandbox(.close) { $0.uploadsTorn = true }
        let file = try await sandbox.program.open("f", create)
        try await sandbox.program.write("half", to: file)
        let mount = try sandbox.runAgain()
        await mount.drain()
        #expect(sandbox.bucket.text("f") == "half" && mount.progress.kept == [])
    }

    /// It is told until somebody has taken it away, and not twice.
    @Test func whatIsKeptIsToldAgain() async throws {
        let sandbox = try WritingSandbox()
        let file = try await sandbox.program.open("f", create)
        try await sandbox.program.write("half", to: file)
        sandbox.line.cut()
        let first = try sandbox.staging.afterKill()
        let mount = try TestMount(SessionLine(sandbox.bucket), staging: first)
        await mount.drain()
        #expect(mount.progress.kept.count == 1)
        let next = try TestMount(sandbox.bucket, staging: try first.afterKill())
        await next.drain()
        #expect(next.progress.kept.count == 1)
        try expectKept(["half"], next, sandbox)
    }

    /// Under the same name, by one session after the other, each of which has nothing staged when it begins.
    @Test func whatIsKeptIsNeverReplaced() async throws {
        let sandbox = try WritingSandbox(.fsync)
        var (mount, staging) = (sandbox.mount, sandbox.staging)
        for number in 1...3 {
            let program = TestProgram(mount)
            let file = try await program.open("f", create)
            try await program.write("half \(number)", to: file)
            try await program.flush(file, by: .process(program.caller.process, isDying: true))
            program.release(file)
            await mount.drain()
            staging = try staging.afterKill()
            mount = try TestMount(sandbox.bucket, staging: staging)
        }
        let kept = try mount.progress.kept.map { try sandbox.bytes(of: $0) }
        #expect(kept.sorted() == ["half 1", "half 2", "half 3"])
    }

    @Test func nothingIsLeftOfWhatIsInTheBucket() async throws {
        let sandbox = try WritingSandbox(.close)
        for number in 0..<5 { try await sandbox.program.save("content \(number)", as: "f\(number)") }
        await sandbox.mount.drain()
        let mount = try sandbox.runAgain()
        #expect(mount.progress.pendingFiles == 0 && mount.progress.isSafe)
        await mount.drain()
        #expect(sandbox.bucket.takeChanges() == [] && sandbox.bucket.keys.count == 5)
    }

    @Test func somebodyElseHasWrittenMeanwhile() async throws {
        let sandbox = try WritingSandbox(.fsync, ["f": "old"])
        let file = try await sandbox.program.open("f", create)
        try await sandbox.program.write("mine", to: file)
        sandbox.line.cut()
        try await sandbox.program.close(file)
        sandbox.bucket.set("f", Array("theirs".utf8))
        let mount = try sandbox.runAgain()
        await mount.drain()
        #expect(sandbox.bucket.text("f") == "theirs")
        let kept = try #require(mount.progress.kept.first)
        #expect(kept.reason == .conflict)
        #expect(try sandbox.bytes(of: kept) == "mine")
    }

    // MARK: At named points

    /// One object in one piece, killed on both sides of the put.
    @Test(arguments: SessionLine.Moment.allCases) func killedAtThePut(moment: SessionLine.Moment) async throws {
        let sandbox = try WritingSandbox(.fsync, ["f": "old"])
        let file = try await sandbox.program.open("f", create)
        try await sandbox.program.write("new", to: file)
        sandbox.line.cut(.put, 1, moment)
        try await sandbox.program.close(file)
        #expect(await soon { sandbox.line.isCut })
        let mount = try sandbox.runAgain()
        await mount.drain()
        #expect(sandbox.bucket.text("f") == "new" && mount.progress.kept == [] && mount.progress.isSafe)
    }

    /// Whoever waited for the answer was told nothing, but had closed the file.
    @Test(arguments: SessionLine.Moment.allCases) func killedWhileACloseWaits(moment: SessionLine.Moment) async throws {
        let sandbox = try WritingSandbox(.close)
        let file = try await sandbox.program.open("f", create)
        try await sandbox.program.write("new", to: file)
        sandbox.line.cut(.put, 1, moment)
        let closed = Begun { try await sandbox.program.flush(file) }
        #expect(await soon { sandbox.line.isCut })
        #expect(!closed.hasEnded)
        let mount = try sandbox.runAgain()
        await mount.drain()
        #expect(sandbox.bucket.text("f") == "new" && mount.progress.kept == [])
    }

    private static let content = Content.bytes(20 << 20, seed: 9)

    /// An object in parts: what the store has is not sent again.
    @Test(arguments: [SessionLine.Step.begin, .part, .complete], SessionLine.Moment.allCases)
    func killedInTheMiddleOfAnUpload(step: SessionLine.Step, moment: SessionLine.Moment) async throws {
        let sandbox = try WritingSandbox(.fsync)
        sandbox.line.cut(step, step == .part ? 2 : 1, moment)
        let file = try await sandbox.program.open("f", create)
        try await sandbox.program.write(Self.content, to: file)
        try await sandbox.program.close(file)
        #expect(await soon { sandbox.line.isCut })
        let mount = try sandbox.runAgain()
        await mount.drain()
        #expect(try #require(sandbox.bucket.bytes("f"))[...] == Self.content[...])
        #expect(sandbox.bucket.uploads.count <= (step == .begin && moment == .behind ? 1 : 0))
        #expect(mount.progress.kept == [] && mount.progress.isSafe)
        let changes = sandbox.bucket.takeChanges()
        if step == .complete {
            #expect(!changes.contains { if case .part = $0 { true } else { false } })
        }
    }

    /// An older version came into the bucket without anybody hearing of it, and it is nobody else's.
    @Test(arguments: [SessionLine.Step.put, .complete])
    func killedWithANewerVersion(step: SessionLine.Step) async throws {
        let sandbox = try WritingSandbox(.background, ["f": "old"])
        let content = step == .put ? Array("one".utf8) : Self.content
        sandbox.line.cut(step, 1, .behind)
        let file = try await sandbox.program.open("f", create)
        try await sandbox.program.write(content, to: file)
        try await sandbox.program.flush(file)
        #expect(await soon { sandbox.line.isCut })
        try await sandbox.program.write("two", at: content.count, to: file)
        try await sandbox.program.close(file)
        let mount = try sandbox.runAgain()
        await mount.drain()
        #expect(sandbox.bucket.bytes("f").map { $0 == content + Array("two".utf8) } == true)
        #expect(mount.progress.kept == [] && mount.progress.isSafe && sandbox.bucket.uploads == [])
    }

    /// Nobody pays for parts of what will never be an object.
    @Test func theUploadOfATornFileIsGivenUp() async throws {
        let sandbox = try WritingSandbox()
        let file = try await sandbox.program.open("f", create)
        try await sandbox.program.write(Self.content, to: file)
        #expect(await soon { sandbox.bucket.uploads == ["f"] })
        let mount = try sandbox.runAgain()
        await mount.drain()
        #expect(await soon { sandbox.bucket.uploads == [] })
        #expect(sandbox.bucket.keys == [] && mount.progress.kept.map(\.reason) == [.torn])
    }

    @Test(
        arguments: [SessionLine.Step.copy, .delete], SessionLine.Moment.allCases)
    func killedInTheMiddleOfARename(step: SessionLine.Step, moment: SessionLine.Moment) async throws {
        let sandbox = try WritingSandbox(.close, ["f": "content", "g": "replaced"])
        sandbox.line.cut(step, 1, moment)
        let renamed = Begun { try await sandbox.program.rename("f", to: "g") }
        #expect(await soon { sandbox.line.isCut })
        #expect(!renamed.hasEnded)
        let mount = try sandbox.runAgain()
        await mount.drain()
        // It was not said to be done; what it was about is there, whole.
        let names = ["f", "g"].filter { sandbox.bucket.text(ObjectKey($0)) == "content" }
        #expect(!names.isEmpty)
        if sandbox.bucket.text("f") == nil { #expect(sandbox.bucket.text("g") == "content") }
    }

    /// Renames f to g, of which nothing has been uploaded, until everything is killed.
    private func renameUntilKilled(
        _ step: SessionLine.Step, _ moment: SessionLine.Moment, _ sandbox: WritingSandbox, waiting: [String: String]
    ) async throws {
        sandbox.bucket.fail { _, call in if case .put = call { StoreError(.unreachable, "away") } else { nil } }
        for (name, text) in waiting { try await sandbox.program.save(text, as: name) }
        sandbox.line.cut(step, 1, moment)
        _ = Begun { try await sandbox.program.rename("f", to: "g") }
        #expect(await soon { sandbox.line.isCut })
        sandbox.bucket.fail(nil)
        let mount = try sandbox.runAgain()
        await mount.drain()
        #expect(mount.progress.kept == [] && mount.progress.isSafe)
    }

    /// The old object goes, and the new version is still to come under the new name.
    @Test(
        arguments: [SessionLine.Step.copy, .delete], SessionLine.Moment.allCases)
    func killedInTheMiddleOfRenamingWhatIsNotUploaded(step: SessionLine.Step, moment: SessionLine.Moment) async throws {
        let sandbox = try WritingSandbox(.background, ["f": "old"])
        try await renameUntilKilled(step, moment, sandbox, waiting: ["f": "new"])
        #expect(["f", "g"].contains { sandbox.bucket.text(ObjectKey($0)) == "new" })
    }

    /// What was told to be gone, and what it gave way to, does not come back with older bytes.
    @Test(
        arguments: [SessionLine.Step.copy, .delete], SessionLine.Moment.allCases)
    func killedWhileAFileIsReplaced(step: SessionLine.Step, moment: SessionLine.Moment) async throws {
        let sandbox = try WritingSandbox(.background, ["f": "old", "g": "older"])
        try await renameUntilKilled(step, moment, sandbox, waiting: ["f": "new", "g": "replaced"])
        let (f, g) = (sandbox.bucket.text("f"), sandbox.bucket.text("g"))
        #expect(f == nil && g == "new" || f == "new" && (g == "replaced" || g == "old"))
    }

    @Test(arguments: [1, 5, 20, 39], SessionLine.Moment.allCases)
    func killedInTheMiddleOfRenamingAFolder(number: Int, moment: SessionLine.Moment) async throws {
        var objects: [String: String] = [:]
        for number in 0..<30 { objects["d/f\(number)"] = "content \(number)" }
        let sandbox = try WritingSandbox(.close, objects)
        sandbox.line.cut(nil, number, moment)
        _ = Begun { try await sandbox.program.rename("d", to: "n") }
        // Deletions may go together, so that there are fewer steps.
        #expect(await soon { sandbox.line.isCut || sandbox.bucket.keys.allSatisfy { $0.hasPrefix("n/") } })
        let mount = try sandbox.runAgain()
        await mount.drain()
        for number in 0..<30 {
            let found = ["d", "n"].compactMap { sandbox.bucket.text(ObjectKey("\($0)/f\(number)")) }
            #expect(!found.isEmpty && found.allSatisfy { $0 == "content \(number)" })
        }
    }

    /// A file that was removed while it was open, with the DELETE still to come.
    @Test func whatWasRemovedWhileItWasOpenGoes() async throws {
        let sandbox = try WritingSandbox(.close, ["f": "x", "g": "y"])
        _ = try await sandbox.program.open("f", O_RDONLY)
        let written = try await sandbox.program.open("g", O_RDWR)
        try await sandbox.program.write("z", to: written)
        try await sandbox.program.remove("f")
        try await sandbox.program.remove("g")
        let mount = try sandbox.runAgain()
        await mount.drain()
        #expect(sandbox.bucket.keys == [] && mount.progress.kept == [])
        #expect(try await TestProgram(mount).names() == [])
    }

    /// Attributes alone may be lost with the session, and nothing else is.
    @Test func attributesThatWereNotStoredYet() async throws {
        let sandbox = try WritingSandbox(.close, ["f": "x"])
        try await sandbox.program.change("f") { $0.mode = 0o600 }
        let mount = try sandbox.runAgain()
        await mount.drain()
        #expect(sandbox.bucket.text("f") == "x" && mount.progress.isSafe)
        #expect([nil, "33152"].contains(sandbox.bucket.objects["f"]?.metadata.user["mode"]))
    }

    /// Damage on the disk is told, and never becomes an object.
    @Test func whatCannotBeReadIsKept() async throws {
        let sandbox = try WritingSandbox(.fsync)
        let file = try await sandbox.program.open("f", create)
        try await sandbox.program.write("whole", to: file)
        sandbox.line.cut()
        try await sandbox.program.close(file)
        let left = try sandbox.staging.afterKill()
        for name in left.files.keys where name.hasSuffix(".log") {
            try Files.write(Array("damaged".utf8), to: Array((left.folder.path + "/" + name).utf8))
        }
        let mount = try TestMount(sandbox.bucket, staging: left)
        await mount.drain()
        #expect(sandbox.bucket.keys == [] && mount.progress.kept.map(\.reason) == [.damaged])
    }
}
