import Glibc
import ObjectStore
import Platform
import TestSupport
import Testing

@testable import MountFS

/// A session is killed when the store has done something to a file's attributes and nobody has noted it: what is there then is
/// another version than the one that is known, and it is still ours.
struct UnheardAttributesTests {
    /// A folder of this machine, and a session on it.
    private struct Local {
        let folder: TemporaryFolder
        let line: FolderSessionLine
        let staging: TestStaging
        let mount: TestMount
        let program: TestProgram

        init() async throws {
            folder = try TemporaryFolder()
            line = FolderSessionLine(try await FileStore.open(RawPath(folder.path), isDurable: false))
            staging = try TestStaging(.background)
            mount = try TestMount(line, staging: staging)
            program = TestProgram(mount)
        }

        func next() async throws -> TestMount {
            let store = try await FileStore.open(RawPath(folder.path), isDurable: false)
            return try mount.successor(on: store, try staging.afterKill())
        }
    }

    /// What a program does next with the file, told neither that it has changed nor that it is gone.
    enum Next: CaseIterable {
        case nothing, rename, write, set
    }

    private func go(on next: Next, _ mount: TestMount, _ program: TestProgram) async throws {
        switch next {
        case .nothing: break
        case .rename: try await program.rename("f", to: "g")
        case .write:
            let file = try await program.open("f", O_WRONLY | O_APPEND)
            let size = try await program.attributes("f")?.size
            try await program.write("!", at: try #require(size), to: file)
            try await program.close(file)
        case .set: try await program.change("f") { $0.mode = 0o640 }
        }
        await mount.drain()
        #expect(mount.progress.kept == [])
    }

    private func expect(_ next: Next, _ text: String, in folder: TemporaryFolder, mode: UInt32) throws {
        let name = next == .rename ? "g" : "f"
        #expect(try folder.names == [name])
        #expect(try folder.read(name) == (next == .write ? text + "!" : text))
        #expect(Files.mode(of: folder.path(name)) == (next == .set ? 0o640 : mode))
    }

    @Test(arguments: SessionLine.Moment.allCases, Next.allCases)
    func aNewFileOfALocalFolder(moment: SessionLine.Moment, next: Next) async throws {
        for step in [SessionLine.Step.put, .set] { try await make(upTo: step, moment, next) }
    }

    private func make(upTo step: SessionLine.Step, _ moment: SessionLine.Moment, _ next: Next) async throws {
        let local = try await Local()
        local.line.cut(step, 1, moment)
        try await local.program.save("content", as: "f", mode: 0o750)
        #expect(await soon { local.line.isCut })
        let mount = try await local.next()
        try await go(on: next, mount, TestProgram(mount))
        try expect(next, "content", in: local.folder, mode: 0o750)
    }

    /// A program sets the mode of `f`, and the session is killed while that comes to the store. Returns who waits for its end.
    private func change(
        _ program: TestProgram, _ mount: TestMount, _ line: SessionLine, upTo step: SessionLine.Step,
        _ moment: SessionLine.Moment
    ) async throws -> Begun {
        line.cut(step, 1, moment)
        let file = try await program.open("f", O_RDWR)
        try await program.change("f") { $0.mode = 0o750 }
        try await program.close(file)
        let drain = Begun { await mount.drain() }
        #expect(await soon { line.isCut })
        return drain
    }

    @Test(arguments: SessionLine.Moment.allCases, Next.allCases)
    func aFileOfALocalFolderThatIsThere(moment: SessionLine.Moment, next: Next) async throws {
        let local = try await Local()
        try await local.program.save("content", as: "f", mode: 0o700)
        await local.mount.drain()
        let drain = try await change(local.program, local.mount, local.line, upTo: .set, moment)
        let mount = try await local.next()
        try await go(on: next, mount, TestProgram(mount))
        try expect(next, "content", in: local.folder, mode: 0o750)
        #expect(!drain.hasEnded)
    }

    /// It has nothing by which it could be known before it is there.
    @Test(arguments: SessionLine.Moment.allCases, [SessionLine.Step.complete, .set])
    func aLargeFileOfALocalFolder(moment: SessionLine.Moment, step: SessionLine.Step) async throws {
        let local = try await Local()
        let bytes = Content.bytes(10 << 20, seed: 1)
        local.line.cut(step, 1, moment)
        let file = try await local.program.open("f", O_RDWR | O_CREAT)
        try await local.program.write(bytes, to: file)
        try await local.program.close(file)
        #expect(await soon { local.line.isCut })
        let mount = try await local.next()
        try await TestProgram(mount).rename("f", to: "g")
        await mount.drain()
        #expect(mount.progress.kept == [])
        #expect(try local.folder.names == ["g"])
        #expect(try FileReading.bytes(of: local.folder.path("g"), limit: 1 << 30) == bytes)
    }

    /// Somebody else's file of this size is none of ours.
    @Test(arguments: [7, 10 << 20]) func anotherFileIsInItsPlace(size: Int) async throws {
        let local = try await Local()
        local.line.cut(size > 8 << 20 ? .complete : .put, 1, .before)
        let file = try await local.program.open("f", O_RDWR | O_CREAT)
        try await local.program.write(Content.bytes(size, seed: 1), to: file)
        try await local.program.close(file)
        #expect(await soon { local.line.isCut })
        let theirs = Content.bytes(size, seed: 2)
        try Files.write(theirs, to: Array(local.folder.path("f").utf8), modified: (1, 0))
        let mount = try await local.next()
        await mount.drain()
        #expect(await soon { mount.progress.kept.map(\.reason) == [.conflict] })
        #expect(try FileReading.bytes(of: local.folder.path("f"), limit: 1 << 30) == theirs)
    }

    @Test(arguments: SessionLine.Moment.allCases, Next.allCases)
    func anObject(moment: SessionLine.Moment, next: Next) async throws {
        let sandbox = try WritingSandbox(.background)
        try await sandbox.program.save("content", as: "f", mode: 0o700)
        await sandbox.mount.drain()
        let first = sandbox.bucket.objects["f"]?.version
        let drain = try await change(sandbox.program, sandbox.mount, sandbox.line, upTo: .copy, moment)
        #expect((sandbox.bucket.objects["f"]?.version == first) == (moment == .before))
        let mount = try sandbox.mount.successor(on: sandbox.bucket, try sandbox.staging.afterKill())
        let program = TestProgram(mount)
        try await go(on: next, mount, program)
        let name = next == .rename ? "g" : "f"
        #expect(sandbox.bucket.keys == [name])
        #expect(sandbox.bucket.text(ObjectKey(name)) == (next == .write ? "content!" : "content"))
        #expect(try await program.attributes(name)?.mode == (next == .set ? 0o640 : 0o750))
        #expect(!drain.hasEnded)
    }

    @Test func anotherObjectIsInItsPlace() async throws {
        let sandbox = try WritingSandbox(.background)
        try await sandbox.program.save("content", as: "f", mode: 0o700)
        await sandbox.mount.drain()
        let drain = try await change(sandbox.program, sandbox.mount, sandbox.line, upTo: .copy, .before)
        sandbox.bucket.set("f", Array("CONTENT".utf8))
        let mount = try sandbox.mount.successor(on: sandbox.bucket, try sandbox.staging.afterKill())
        await mount.drain()
        #expect(sandbox.bucket.text("f") == "CONTENT")
        #expect(!drain.hasEnded)
    }
}
