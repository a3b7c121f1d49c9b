import Glibc
import ObjectStore
import Platform
import TestSupport
import Testing

@testable import MountFS

/// The bytes of files that are written to: what is read here at once, and what comes into the bucket.
struct ContentTests {
    @Test func whatIsWrittenIsReadAtOnceByEverybodyHere() async throws {
        let sandbox = try WritingSandbox(.close, ["f": "0123456789"])
        let reader = try await TestProgram(sandbox.mount, process: 200).open("f", O_RDONLY)
        let file = try await sandbox.program.open("f", O_RDWR)
        try await sandbox.program.write("ab", at: 3, to: file)
        #expect(try await sandbox.program.read(from: reader) == Array("012ab56789".utf8))
        #expect(try await sandbox.program.text("f") == "012ab56789")
        #expect(try await sandbox.elsewhere().text("f") == "0123456789")
        try await sandbox.program.close(file)
        #expect(try await sandbox.elsewhere().text("f") == "012ab56789")
        sandbox.program.release(reader)
    }

    /// The object stays as it is until a version is whole.
    @Test func emptyingAFile() async throws {
        let sandbox = try WritingSandbox(.close, ["f": "old"])
        let file = try await sandbox.program.open("f", O_WRONLY | O_TRUNC)
        #expect(try await sandbox.program.attributes("f")?.size == 0)
        #expect(try await sandbox.program.text("f") == "")
        // Of the old one nothing is fetched.
        #expect(!sandbox.bucket.takeCalls().contains(.read("f")))
        #expect(try await sandbox.elsewhere().text("f") == "old")
        try await sandbox.program.write("new", to: file)
        try await sandbox.program.close(file)
        #expect(sandbox.bucket.text("f") == "new")
    }

    @Test func twoWhoAppend() async throws {
        let sandbox = try WritingSandbox(.close, ["log": "0\n"])
        let other = TestProgram(sandbox.mount, process: 200)
        let mine = try await sandbox.program.open("log", O_WRONLY | O_APPEND)
        let theirs = try await other.open("log", O_WRONLY | O_APPEND | O_CREAT)
        for number in 1...5 {
            try await sandbox.program.write("mine \(number)\n", to: mine)
            try await other.write("theirs \(number)\n", to: theirs)
        }
        try await sandbox.program.close(mine)
        try await other.close(theirs)
        await sandbox.mount.drain()
        #expect(sandbox.bucket.text("log") == "0\n" + (1...5).map { "mine \($0)\ntheirs \($0)\n" }.joined())
    }

    @Test func holesAreZeros() async throws {
        let sandbox = try WritingSandbox()
        let file = try await sandbox.program.open("f", O_RDWR | O_CREAT)
        try await sandbox.program.write("end", at: 10_000, to: file)
        #expect(try await sandbox.program.read(5, at: 9998, from: file) == [0, 0] + Array("end".utf8))
        try await sandbox.program.resize(file, to: 20_000)
        try await sandbox.program.close(file)
        let right = [UInt8](repeating: 0, count: 10_000) + Array("end".utf8) + [UInt8](repeating: 0, count: 9997)
        #expect(sandbox.bucket.bytes("f") == right)
    }

    @Test func cuttingAndLengthening() async throws {
        let sandbox = try WritingSandbox(.close, ["f": "0123456789"])
        let file = try await sandbox.program.open("f", O_RDWR)
        try await sandbox.program.resize(file, to: 4)
        try await sandbox.program.resize(file, to: 6)
        #expect(try await sandbox.program.read(from: file) == Array("0123".utf8) + [0, 0])
        try await sandbox.program.close(file)
        #expect(sandbox.bucket.bytes("f") == Array("0123".utf8) + [0, 0])
    }

    /// By its name, with nobody who closes it.
    @Test func cuttingWithoutOpening() async throws {
        let sandbox = try WritingSandbox(.close, ["f": "0123456789"])
        let attributes = try await sandbox.program.change("f") { $0.size = 3 }
        #expect(attributes.size == 3)
        #expect(try await sandbox.program.text("f") == "012")
        await sandbox.mount.drain()
        #expect(sandbox.bucket.text("f") == "012")
        try await sandbox.program.change("f") { $0.size = 0 }
        await sandbox.mount.drain()
        #expect(sandbox.bucket.text("f") == "" && sandbox.mount.progress.isSafe)
    }

    @Test func roomAndHolesByFallocate() async throws {
        let sandbox = try WritingSandbox(.close, ["f": "0123456789"])
        let program = sandbox.program
        let file = try await program.open("f", O_RDWR)
        try await program.reserve(5..<20, mode: 1, of: file)
        #expect(try await sandbox.mount.attributes(of: file.node).size == 10)
        try await program.reserve(0..<12, of: file)
        #expect(try await program.read(from: file) == Array("0123456789".utf8) + [0, 0])
        try await program.reserve(2..<4, mode: 3, of: file)
        try await program.reserve(6..<100, mode: 3, of: file)
        #expect(
            try await program.read(from: file) == Array("01".utf8) + [0, 0] + Array("45".utf8) + [0, 0, 0, 0, 0, 0])
        try await program.reserve(0..<1, mode: 0x11, of: file)
        try await program.reserve(12..<14, mode: 0x10, of: file)
        for mode in [Int32(0x8), 0x20, 0x40] {
            await expectError(EOPNOTSUPP) { try await program.reserve(0..<4096, mode: mode, of: file) }
        }
        try await program.close(file)
        #expect(sandbox.bucket.bytes("f") == [0, 0x31, 0, 0, 0x34, 0x35] + [UInt8](repeating: 0, count: 8))
    }

    @Test func dataAndHolesAreFound() async throws {
        let sandbox = try WritingSandbox()
        let file = try await sandbox.program.open("f", O_RDWR | O_CREAT)
        try await sandbox.program.write([UInt8](repeating: 1, count: 100_000), at: 1 << 20, to: file)
        try await sandbox.program.resize(file, to: 3 << 20)
        let data = try await sandbox.program.seek(.data, from: 0, of: file)
        #expect(data <= 1 << 20)
        let hole = try await sandbox.program.seek(.hole, from: 1 << 20, of: file)
        #expect(hole >= 1 << 20 + 100_000 && hole <= 3 << 20)
        await expectError(ENXIO) { _ = try await sandbox.program.seek(.data, from: 3 << 20, of: file) }
        try await sandbox.program.close(file)
    }

    /// Most of a large file is there before it is closed.
    @Test func partsGoWhileTheFileIsBeingWritten() async throws {
        let sandbox = try WritingSandbox()
        let file = try await sandbox.program.open("f", O_WRONLY | O_CREAT)
        let piece = Content.bytes(1 << 20, seed: 3)
        for index in 0..<20 { try await sandbox.program.write(piece, at: index << 20, to: file) }
        var early: [MemoryBucket.Call] = []
        #expect(
            await soon {
                early += sandbox.bucket.takeChanges()
                return early.contains(.part("f", 1)) && early.contains(.part("f", 2))
            })
        #expect(sandbox.bucket.keys == [])
        try await sandbox.program.close(file)
        #expect(sandbox.bucket.bytes("f")?.count == 20 << 20)
        let late = sandbox.bucket.takeChanges()
        #expect(late.filter { $0 == .part("f", 1) || $0 == .part("f", 2) } == [])
        let object = try #require(sandbox.bucket.bytes("f"))
        #expect((0..<20).allSatisfy { object[($0 << 20)..<($0 + 1) << 20] == piece[...] })
    }

    /// Up to 8 MiB one, beyond that one for each part and two more.
    @Test func howManyRequestsAFileTakes() async throws {
        let sandbox = try WritingSandbox()
        try await sandbox.program.save([UInt8](repeating: 1, count: 8 << 20), as: "f")
        #expect(sandbox.bucket.takeChanges() == [.put("f")])
        try await sandbox.program.save([UInt8](repeating: 1, count: 20 << 20), as: "g")
        let changes = sandbox.bucket.takeChanges()
        #expect(changes.count == 5 && changes.first == .begin("g") && changes.last == .complete("g"))
        #expect(Set(changes) == [.begin("g"), .part("g", 1), .part("g", 2), .part("g", 3), .complete("g")])
    }

    /// A change moves what was changed, the store copies the rest.
    @Test func aSmallChangeOfALargeObject() async throws {
        let bucket = MemoryBucket.writable { $0.minimumPartSize = 5 << 20 }
        let content = Content.bytes(40 << 20, seed: 4)
        bucket.set("f", content)
        let sandbox = try WritingSandbox(bucket: bucket)
        let file = try await sandbox.program.open("f", O_RDWR)
        try await sandbox.program.write("changed", at: 20 << 20, to: file)
        try await sandbox.program.close(file)
        var right = content
        right.replaceSubrange(20 << 20..<20 << 20 + 7, with: Array("changed".utf8))
        #expect(try #require(bucket.bytes("f"))[...] == right[...])
        let changes = bucket.takeChanges()
        #expect(changes.contains { if case .copyPart = $0 { true } else { false } })
        #expect(changes.filter { if case .part = $0 { true } else { false } }.count == 1)
    }

    @Test func anAppendToALargeObject() async throws {
        let bucket = MemoryBucket.writable { $0.minimumPartSize = 5 << 20 }
        let content = Content.bytes(24 << 20, seed: 5)
        bucket.set("f", content)
        let sandbox = try WritingSandbox(bucket: bucket)
        let file = try await sandbox.program.open("f", O_WRONLY | O_APPEND)
        try await sandbox.program.write("more", to: file)
        try await sandbox.program.close(file)
        #expect(try #require(bucket.bytes("f"))[...] == (content + Array("more".utf8))[...])
        #expect(!bucket.takeCalls().contains(.read("f")))
    }

    /// Times move with content, and are those that others see.
    @Test func writingChangesTheTime() async throws {
        let sandbox = try WritingSandbox()
        sandbox.bucket.set("f", [1], seconds: 1_500_000_000)
        let file = try await sandbox.program.open("f", O_RDWR)
        #expect(try await sandbox.program.attributes("f")?.modified.seconds == 1_500_000_000)
        let before = time(nil)
        try await sandbox.program.write("x", to: file)
        try await sandbox.program.close(file)
        let here = try #require(try await sandbox.program.attributes("f")).modified
        #expect(here.seconds >= before && here.seconds <= time(nil))
        #expect(try await sandbox.elsewhere().attributes("f")?.modified == here)
    }
}
