import Glibc
import ObjectStore
import Platform
import Testing

@testable import MountFS

/// What was removed while it was open is deleted when nobody waits for it any more.
struct DeletionTests {
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
}
