import Foundation
import Glibc
import Platform
import Staging
import Synchronization
import TestSupport
import Testing

@testable import MountFS

/// A session lives for weeks: what a file has taken goes with it, however it ends.
struct ReleasedFilesTests {
    enum End: CaseIterable {
        case saved, savedInParts, changed, renamed, renamedWhileOpen, replaced, removed, removedWhileOpen
        case torn, conflict, otherAttributes
    }

    /// What it is in memory.
    private final class Traces: Sendable {
        private struct Weak {
            weak var written: WrittenFile?
            weak var staged: StagedFile?
            weak var open: OpenedFile?
        }

        private let state = Mutex<[Weak]>([])

        func follow(_ file: TestProgram.File, in sandbox: WritingSandbox) throws {
            let files = sandbox.mount.files
            let written = try #require(files.tree.written(file.node))
            let open = try #require(files.handles.withLock { $0.file(file.handle) })
            state.withLock { $0.append(Weak(written: written, staged: written.staged, open: open)) }
        }

        var areGone: Bool {
            state.withLock { $0.allSatisfy { $0.written == nil && $0.staged == nil && $0.open == nil } }
        }
    }

    @Test(arguments: CommitMode.allCases, End.allCases)
    func nothingIsLeft(commit: CommitMode, end: End) async throws {
        let sandbox = try WritingSandbox(commit, ["old": "old", "other": "other"])
        let traces = Traces()
        try await write(to: end, sandbox, traces)
        await sandbox.mount.drain()
        #expect(await soon { traces.areGone })
        let kept = sandbox.mount.progress.kept
        #expect(kept.count == ([.torn, .conflict].contains(end) ? 1 : 0))
        let names = try sandbox.staging.folder.names.filter { $0 != "kept" }
        #expect(names == ["lock"])
    }

    /// A session may end after a drain. A file that is just leaving is no longer among those that are written, and to remove it
    /// takes a moment: here until it has been told that it cannot be.
    @Test func noDrainOverlooksWhatIsJustLeaving() async throws {
        let (isTold, mayGoOn) = (SharedValue(false), SharedValue(false))
        let sandbox = try WritingSandbox(.background) {
            $0.report = { line, _ in
                guard line.contains("cannot be removed") else { return }
                isTold.set(true)
                for _ in 0..<1000 where !mayGoOn.get() { usleep(10_000) }
            }
        }
        let file = try await sandbox.program.open("f", O_WRONLY | O_CREAT)
        try await sandbox.program.write("text", to: file)
        let data = try #require(sandbox.mount.files.tree.written(file.node)).staged.dataName.text
        let place = sandbox.staging.folder.path(data)
        try FileManager.default.removeItem(atPath: place)
        try FileManager.default.createDirectory(atPath: place, withIntermediateDirectories: false)
        try await sandbox.program.close(file)
        #expect(await soon { isTold.get() })
        let drain = Begun { await sandbox.mount.drain() }
        try await Task.sleep(for: .milliseconds(100))
        #expect(!drain.hasEnded)
        mayGoOn.set(true)
        try await drain.end()
        #expect(sandbox.bucket.text("f") == "text")
    }

    private func write(to end: End, _ sandbox: WritingSandbox, _ traces: Traces) async throws {
        let program = sandbox.program
        let isOld = [.changed, .conflict, .otherAttributes].contains(end)
        let file = try await program.open(isOld ? "old" : "new", O_RDWR | O_CREAT)
        try traces.follow(file, in: sandbox)
        if end == .savedInParts {
            let megabyte = [UInt8](repeating: 7, count: 1 << 20)
            for place in 0..<20 { try await program.write(megabyte, at: place << 20, to: file) }
        }
        try await program.write("text", to: file)
        switch end {
        case .saved, .savedInParts, .changed: try await program.close(file)
        case .renamed:
            try await program.close(file)
            try await program.rename("new", to: "newer")
        case .renamedWhileOpen:
            try await program.rename("new", to: "newer")
            try await program.close(file)
        case .replaced:
            try await program.rename("other", to: "new")
            try await program.close(file)
        case .removed:
            try await program.close(file)
            try await program.remove("new")
        case .removedWhileOpen:
            try await program.remove("new")
            try await program.close(file)
        case .torn:
            try await program.flush(file, by: .process(program.caller.process, isDying: true))
            program.release(file)
        case .conflict:
            sandbox.bucket.set("old", Array("theirs".utf8))
            try? await program.close(file)
        case .otherAttributes:
            try await program.close(file)
            try await program.change("old") { $0.mode = 0o600 }
        }
    }

    /// Nor of the mount itself.
    @Test func theMountGoesWithWhoeverHasIt() async throws {
        weak var files: BucketFileSystem?
        weak var writing: MountWriting?
        do {
            let sandbox = try WritingSandbox()
            (files, writing) = (sandbox.mount.files, sandbox.mount.files.writing)
            try await sandbox.program.save("text", as: "f")
            try await sandbox.program.change("f") { $0.mode = 0o600 }
            await sandbox.mount.drain()
        }
        for _ in 0..<200 where files != nil || writing != nil { try await Task.sleep(for: .milliseconds(5)) }
        #expect(files == nil && writing == nil)
    }
}
