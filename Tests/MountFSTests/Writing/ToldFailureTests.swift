import Foundation
import Glibc
import ObjectStore
import Platform
import TestSupport
import Testing

@testable import MountFS

/// What fails when no program can be told any more is in the status, and keeps the end of a task from being called good.
struct ToldFailureTests {
    private let create = O_RDWR | O_CREAT | O_TRUNC

    // MARK: Putting aside

    /// The bytes stay where they were staged; that place is told, and the next run puts them where they belong.
    @Test func whatCannotBePutAside() async throws {
        let sandbox = try WritingSandbox(.close, ["f": "old"])
        try sandbox.staging.folder.write("in the way", to: "kept")
        let file = try await sandbox.program.open("f", create)
        try await sandbox.program.write("half", to: file)
        try await sandbox.program.flush(file, by: .process(100, isDying: true))
        sandbox.program.release(file)
        await sandbox.mount.drain()
        let kept = try #require(sandbox.mount.progress.kept.first)
        #expect(kept.reason == .torn && kept.path.text == "f" && !sandbox.mount.progress.isSafe)
        #expect(try sandbox.bytes(of: kept) == "half")
        #expect(sandbox.mount.lines.all.contains { $0.contains("f: cannot be kept aside") })
        #expect(try await sandbox.program.text("f") == "old")

        try FileManager.default.removeItem(atPath: sandbox.staging.folder.path("kept"))
        let mount = try sandbox.runAgain()
        await mount.drain()
        let found = try #require(mount.progress.kept.first)
        #expect(mount.progress.kept.count == 1 && found.file.text.contains("/kept/torn-"))
        #expect(try sandbox.bytes(of: found) == "half" && sandbox.bucket.text("f") == "old")
    }

    // MARK: Attributes

    /// They wait like bytes do.
    @Test func attributesThatCannotBeStoredNow() async throws {
        let sandbox = try WritingSandbox(.close, ["f": "x"])
        sandbox.bucket.fail { _, call in
            if case .copy = call { StoreError(.unreachable, "away") } else { nil }
        }
        try await sandbox.program.change("f") { $0.mode = 0o600 }
        #expect(sandbox.mount.progress.isSafe)
        await sandbox.mount.drain()
        let progress = sandbox.mount.progress
        #expect(progress.pendingFiles == 1 && progress.pendingBytes == 0 && progress.failedFiles == 1)
        #expect(progress.failure?.message.contains("f: attributes cannot be stored") == true && !progress.isSafe)
        sandbox.bucket.fail(nil)
        await sandbox.mount.drain()
        #expect(sandbox.mount.progress.isSafe && sandbox.mount.progress.failure == nil)
        #expect(sandbox.bucket.objects["f"]?.metadata.user["mode"] == "33152")
    }

    /// Whoever looks meanwhile is not told that everything is there.
    @Test func attributesThatAreOnTheirWay() async throws {
        let sandbox = try WritingSandbox(.close, ["f": "x"])
        try await sandbox.program.change("f") { $0.mode = 0o600 }
        sandbox.bucket.halt()
        let draining = Begun { await sandbox.mount.drain() }
        #expect(await soon { sandbox.bucket.takeCalls().contains(.copy("f", to: "f")) })
        let progress = sandbox.mount.progress
        #expect(progress.pendingFiles == 1 && progress.failedFiles == 0 && !progress.isSafe)
        // Another drain does not begin it again, and waits for it all the same.
        let alsoDraining = Begun { await sandbox.mount.drain() }
        try await Task.sleep(for: .milliseconds(50))
        #expect(!draining.hasEnded && !alsoDraining.hasEnded)
        sandbox.bucket.goOn()
        try await draining.end()
        try await alsoDraining.end()
        #expect(sandbox.bucket.takeChanges() == [])
        #expect(sandbox.mount.progress.isSafe && sandbox.mount.progress.pendingFiles == 0)
    }

    /// What the bucket will never take is told, and given up: the bytes are safe.
    @Test func attributesThatAreRefused() async throws {
        let sandbox = try WritingSandbox(.close, ["f": "x"])
        sandbox.bucket.fail { _, call in
            if case .copy = call { StoreError(.denied, "not you") } else { nil }
        }
        try await sandbox.program.change("f") { $0.mode = 0o600 }
        await sandbox.mount.drain()
        #expect(sandbox.mount.lines.all.contains { $0.contains("f: attributes cannot be stored: not you") })
        #expect(sandbox.mount.progress.isSafe && sandbox.bucket.text("f") == "x")
        #expect(sandbox.mount.progress.lostAttributes == 1)
    }

    /// What was set of an object that is gone, or another one, nobody misses.
    @Test(arguments: [true, false]) func attributesOfAnObjectThatIsNotThereAnyMore(isGone: Bool) async throws {
        let sandbox = try WritingSandbox(.close, ["f": "x"])
        try await sandbox.program.change("f") { $0.mode = 0o600 }
        if isGone { sandbox.bucket.remove("f") } else { sandbox.bucket.set("f", Array("theirs".utf8)) }
        await sandbox.mount.drain()
        #expect(sandbox.mount.lines.all.contains { $0.contains("f: attributes cannot be stored") })
        #expect(sandbox.mount.progress.lostAttributes == 0 && sandbox.mount.progress.isSafe)
    }

    // MARK: The journal

    /// A file that nobody closes is whole when the last has let go of it. That it is must be noted somewhere.
    @Test func aJournalThatCannotBeWrittenAtTheEnd() async throws {
        let sandbox = try WritingSandbox(.close)
        let file = try await sandbox.program.open("f", create)
        try await sandbox.program.write("content", to: file)
        let journal = try Journal(in: sandbox.staging.folder.path)
        try journal.close()
        sandbox.program.release(file)
        #expect(sandbox.mount.lines.all.contains { $0.contains("f: cannot be saved") })
        #expect(sandbox.mount.lines.all.contains { $0.contains("the journal cannot be written") })
        await sandbox.mount.drain()
        let progress = sandbox.mount.progress
        #expect(progress.pendingFiles == 1 && progress.pendingBytes == 7 && progress.failedFiles == 1)
        #expect(progress.openFiles == 0 && !progress.isSafe && sandbox.bucket.keys == [])
        try journal.reopen()
        await sandbox.mount.drain()
        #expect(sandbox.mount.progress.isSafe && sandbox.bucket.text("f") == "content")
    }

    /// Whoever closes it is told.
    @Test(arguments: CommitMode.allCases) func aJournalThatCannotBeWrittenAtAClose(commit: CommitMode) async throws {
        let sandbox = try WritingSandbox(commit)
        let file = try await sandbox.program.open("f", create)
        try await sandbox.program.write("content", to: file)
        let journal = try Journal(in: sandbox.staging.folder.path)
        try journal.close()
        await expectError(EBADF) { try await sandbox.program.write("more", at: 7, to: file) }
        let place = sandbox.staging.folder.path
        #expect(sandbox.mount.lines.all.contains { $0.contains("f: cannot be staged in \(place)") })
        await expectError(EBADF) { try await sandbox.program.flush(file) }
        #expect(sandbox.mount.lines.all.contains { $0.contains("f: cannot be saved") })
        await expectError(EBADF) { try await sandbox.program.synchronize(file) }
        try journal.reopen()
        try await sandbox.program.close(file)
        await sandbox.mount.drain()
        #expect(sandbox.mount.progress.isSafe && sandbox.bucket.text("f") == "content")
    }
}

/// The only log of a staging folder, as this process has it open: nothing can be written to it for a while.
private struct Journal {
    private let descriptor: Int32
    private let path: String

    init(in folder: String) throws {
        let names = try FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd")
        let open = names.compactMap { name -> (Int32, String)? in
            guard let path = try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/fd/\(name)"),
                path.hasPrefix(folder + "/"), path.hasSuffix(".log")
            else { return nil }
            return Int32(name).map { ($0, path) }
        }
        let found = try #require(open.first)
        #expect(open.count == 1)
        (descriptor, path) = found
    }

    func close() throws { try replace(O_RDONLY) }
    func reopen() throws { try replace(O_RDWR) }

    private func replace(_ flags: Int32) throws {
        let other = try SystemError.check { Glibc.open(path, flags | O_CLOEXEC) }
        defer { _ = Glibc.close(other) }
        try SystemError.check { dup2(other, descriptor) }
    }
}
