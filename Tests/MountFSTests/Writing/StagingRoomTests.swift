import Glibc
import ObjectStore
import Platform
import TestSupport
import Testing

@testable import MountFS

/// What may be staged is bounded: near the bound writers wait for uploads, and then there is no space.
struct StagingRoomTests {
    private static let piece = Content.bytes(300_000, seed: 2)

    private func sandbox(_ timeout: Int) throws -> WritingSandbox {
        try WritingSandbox(.fsync) { settings in
            settings.stagingRoom = 1_000_000
            settings.ioTimeout = TimeSpan(milliseconds: timeout)
        }
    }

    private func fill(_ sandbox: WritingSandbox) async throws {
        for number in 0..<3 { try await sandbox.program.save(Self.piece, as: "f\(number)") }
    }

    @Test func writersWaitUntilThereIsRoom() async throws {
        let sandbox = try sandbox(300_000)
        sandbox.bucket.fail { _, call in if case .put = call { StoreError(.unreachable, "away") } else { nil } }
        try await fill(sandbox)
        let next = Begun { try await sandbox.program.save(Self.piece, as: "next") }
        try await Task.sleep(for: .milliseconds(100))
        #expect(!next.hasEnded && sandbox.bucket.keys == [])
        sandbox.bucket.fail(nil)
        try await next.end()
        await sandbox.mount.drain()
        #expect(sandbox.bucket.keys.count == 4)
        #expect(sandbox.bucket.objects.values.allSatisfy { $0.bytes == Self.piece })
    }

    @Test func whenNothingGoesThereIsNoSpace() async throws {
        let sandbox = try sandbox(100)
        sandbox.bucket.fail { _, call in if case .put = call { StoreError(.unreachable, "away") } else { nil } }
        try await fill(sandbox)
        await expectError(ENOSPC) { try await sandbox.program.save(Self.piece, as: "next") }
        // What was told to be safe is.
        sandbox.bucket.fail(nil)
        await sandbox.mount.drain()
        for number in 0..<3 { #expect(sandbox.bucket.bytes(ObjectKey("f\(number)")) == Self.piece) }
        try await sandbox.program.save(Self.piece, as: "again")
        await sandbox.mount.drain()
        #expect(sandbox.bucket.bytes("again") == Self.piece)
    }

    /// Who closes a file all the same says that it is whole as it is.
    @Test func whatDidNotFitIsNotInIt() async throws {
        let sandbox = try sandbox(100)
        let file = try await sandbox.program.open("f", O_WRONLY | O_CREAT)
        for number in 0..<3 { try await sandbox.program.write(Self.piece, at: number * 300_000, to: file) }
        await expectError(ENOSPC) { try await sandbox.program.write(Self.piece, at: 900_000, to: file) }
        #expect(sandbox.mount.lines.all.contains { $0.contains("f: as much is staged in") })
        try await sandbox.program.close(file)
        await sandbox.mount.drain()
        #expect(sandbox.bucket.bytes("f") == Self.piece + Self.piece + Self.piece)
    }

    /// Until it is in the bucket nobody here has all of it.
    @Test(arguments: [true, false]) func partsThatHaveLeftTheDisk(isTorn: Bool) async throws {
        let bucket = MemoryBucket.writable { $0.maximumPartSize = 100_000 }
        let sandbox = try WritingSandbox(.close, bucket: bucket) { $0.stagingRoom = 1_000_000 }
        let file = try await sandbox.program.open("f", O_RDWR | O_CREAT)
        for number in 0..<10 { try await sandbox.program.write(Self.piece, at: number * 300_000, to: file) }
        await expectError(EIO) { _ = try await sandbox.program.read(10, from: file) }
        await expectError(ENOSPC) { try await sandbox.program.write("changed", to: file) }
        await expectError(EBUSY) { try await sandbox.program.rename("f", to: "g") }
        #expect(try await sandbox.program.read(10, at: 2_999_990, from: file) == Array(Self.piece.suffix(10)))
        if isTorn {
            try await sandbox.program.flush(file, by: .process(100, isDying: true))
        } else {
            try await sandbox.program.flush(file)
            #expect(try await sandbox.program.read(10, from: file) == Array(Self.piece.prefix(10)))
        }
        sandbox.program.release(file)
        await sandbox.mount.drain()
        if isTorn {
            #expect(sandbox.bucket.keys == [] && sandbox.mount.progress.kept.map(\.reason) == [.torn])
            #expect(sandbox.mount.lines.all.contains { $0.contains("f: what had left the disk for want of room") })
        } else {
            #expect(sandbox.bucket.bytes("f")?.count == 3_000_000 && sandbox.mount.progress.isSafe)
        }
    }

    /// Parts that are in the bucket leave the disk.
    @Test func aFileLargerThanTheRoom() async throws {
        let sandbox = try WritingSandbox { settings in
            settings.stagingRoom = 40 << 20
            settings.ioTimeout = TimeSpan(milliseconds: 20_000)
        }
        let file = try await sandbox.program.open("f", O_WRONLY | O_CREAT)
        let piece = Content.bytes(4 << 20, seed: 6)
        for index in 0..<24 { try await sandbox.program.write(piece, at: index * 4 << 20, to: file) }
        try await sandbox.program.close(file)
        let object = try #require(sandbox.bucket.bytes("f"))
        #expect(object.count == 96 << 20)
        #expect((0..<24).allSatisfy { object[($0 * 4 << 20)..<($0 + 1) * 4 << 20] == piece[...] })
    }
}
