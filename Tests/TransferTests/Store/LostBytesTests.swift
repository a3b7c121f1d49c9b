import Foundation
import ObjectStore
import Platform
import TestSupport
import Testing

@testable import Transfer

/// A machine has lost its power behind a copy: names, sizes and times are there, and some of the bytes are not.
struct LostBytesTests {
    private func copied() throws -> StoreSandbox {
        var sandbox = try StoreSandbox()
        sandbox.partSize = 1 << 20
        sandbox.store.set("large", [UInt8](repeating: 7, count: 5 << 20))
        sandbox.store.set("zeros", [UInt8](repeating: 0, count: 5 << 20))
        #expect(try sandbox.copy().outcome.failure == nil)
        // That the file system has written them, and knows that they are no holes.
        for name in ["large", "zeros"] {
            let file = try FileHandle(forUpdating: URL(fileURLWithPath: sandbox.destination + "/" + name))
            try file.synchronize()
            try file.close()
        }
        sandbox.store.forgetReads()
        return sandbox
    }

    /// As they are where room was reserved and nothing was written there.
    private func lose(_ name: String, _ sandbox: StoreSandbox, _ how: String) throws {
        let path = sandbox.destination + "/" + name
        let file = try OwnedDescriptor.open(RawPath(path), FileFlags.write)
        let modified = try file.entry().modified
        let punched = try Program.run(["fallocate", how, "--offset", "2MiB", "--length", "1MiB", path])
        try #require(punched.status == 0, "\(punched.errors)")
        try file.setModified(modified)
    }

    private let later = FileTime(seconds: 4_000_000_000, nanoseconds: 0)

    /// Also when somebody has read it before, and has its zeros in memory.
    @Test(arguments: ["--punch-hole", "--zero-range"]) func areCopiedAgainAfterAStart(how: String) throws {
        var sandbox = try copied()
        try lose("large", sandbox, how)
        #expect(sandbox.files["large"]?.contains(0) == true)
        // Nobody but the machine's end loses bytes behind our back.
        #expect(try sandbox.copy().progress.objectsSkipped == 2)
        sandbox.machineStart = later
        let done = try sandbox.copy()
        #expect(done.outcome.failure == nil && done.progress.objectsSkipped == 1)
        #expect(Set(sandbox.store.reads.map(\.key)) == ["large"])
        #expect(sandbox.files["large"] == [UInt8](repeating: 7, count: 5 << 20))
    }

    @Test func whatIsThereIsNotCopiedAgain() throws {
        var sandbox = try copied()
        sandbox.machineStart = later
        #expect(try sandbox.copy().progress.objectsSkipped == 2)
        #expect(sandbox.store.reads.isEmpty)
    }
}
