import Glibc
import ObjectStore
import Platform
import Testing

@testable import MountFS

/// Names that cannot be made, and folders that cannot go.
struct RefusedNameTests {
    /// What is mounted inside of a mount would hang in the air.
    @Test func foldersWithMountsInThemStay() async throws {
        let bucket = MemoryBucket.writable()
        bucket.set("f")
        bucket.set("d/")
        let mount = try TestMount(bucket, staging: try TestStaging()) { $0.mountPoints = ["in", "x/y"] }
        let program = TestProgram(mount)
        _ = bucket.takeCalls()
        for name in ["in", "x", "x/y"] {
            await expectError(EBUSY) { try await program.removeFolder(name) }
            await expectError(EBUSY) { try await program.rename(name, to: "elsewhere") }
            await expectError(EBUSY) { try await program.rename(name, to: "d", .required) }
        }
        await #expect(throws: SystemError.self) { try await program.rename("d", to: "in") }
        await #expect(throws: SystemError.self) { try await program.rename("f", to: "in") }
        #expect(bucket.takeChanges() == [] && bucket.keys == ["d/", "f"])
        #expect(try await program.names() == ["d", "f", "in", "x"])
    }

    /// A key has 1,024 bytes at most, however short the names in it are.
    @Test func keysThatAreTooLong() async throws {
        let folder = (0..<4).map { _ in [UInt8](repeating: 110, count: 200) }
        let key = ObjectKey(folder.joined(separator: [0x2F]) + [0x2F])
        let bucket = MemoryBucket.writable()
        bucket.set(key)
        bucket.set("f", [1])
        let program = TestProgram(try TestMount(bucket, staging: try TestStaging()))
        let longest = 1024 - key.bytes.count
        let (fits, tooLong) = (folder + [name(longest)], folder + [name(longest + 1)])
        await expectError(ENAMETOOLONG) { try await program.save("x", as: tooLong) }
        await expectError(ENAMETOOLONG) { try await program.makeLink(tooLong, to: "f") }
        await expectError(ENAMETOOLONG) { try await program.rename("f", to: tooLong) }
        await expectError(ENAMETOOLONG) { try await program.makeFolder(fits) }
        #expect(bucket.keys.count == 2)
        try await program.save("x", as: fits)
        #expect(bucket.objects.keys.contains { $0.bytes.count == 1024 })
        #expect(try await program.text(fits) == "x")
    }

    private func name(_ count: Int) -> [UInt8] { [UInt8](repeating: 109, count: count) }
}
