import Glibc
import JSON
import Platform
import Staging
import TestSupport
import Testing

/// Parts that were sent leave the disk when there is too little room.
@Suite struct SentPartsTests {
    private let folder: TemporaryFolder
    private let staging: StagingFolder
    private let file: StagedFile

    init() throws {
        folder = try TemporaryFolder()
        staging = try #require(
            try StagingFolder(SharedDescriptor(.open(RawPath(folder.path), FileFlags.folder))))
        file = try staging.make(StagedImage(), base: nil, name: "a", description: nil, isTorn: true)
        _ = try [UInt8](repeating: 7, count: 300_000).withUnsafeBytes { try file.write($0, at: 0) }
        try file.beginUpload("upload")
        for number in 1...2 {
            let range = (number - 1) * 100_000..<number * 100_000
            let sending = try file.beginSending(range, asPart: number)
            try file.endSending(sending, as: StagedPart(number: number, range: range, "tag"))
        }
    }

    private func read(_ count: Int, at offset: Int) throws -> StagedFile.Bytes {
        let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: count, alignment: 1)
        defer { memory.deallocate() }
        return try file.read(memory, at: offset)
    }

    @Test func theyTakeNoRoomAnyMore() throws {
        let before = try file.data.file.entry().size
        #expect(try file.letGoOfParts() == 200_000)
        #expect(try file.letGoOfParts() == 0)
        #expect(file.state.image.occupied == 100_000 && file.size == 300_000)
        #expect(try file.data.file.entry().size == before)
    }

    @Test func whatIsLeftCanBeReadAndChanged() throws {
        _ = try file.letGoOfParts()
        #expect(try read(100_000, at: 200_000).count == 100_000)
        #expect(throws: SystemError.ioError) { try read(1, at: 199_999) }
        _ = try [UInt8](repeating: 8, count: 10).withUnsafeBytes { try file.write($0, at: 200_000) }
        #expect(throws: SystemError(code: ENOSPC)) {
            _ = try [UInt8](repeating: 8, count: 10).withUnsafeBytes { try file.write($0, at: 199_991) }
        }
        #expect(throws: SystemError(code: ENOSPC)) { try file.resize(to: 150_000) }
        try file.resize(to: 200_000)
        try file.resize(to: 0)
        #expect(file.state.image.sent.isEmpty)
    }

    /// Holes must never come into the bucket as if they had been written.
    @Test func theirHolesAreNotSent() throws {
        _ = try file.letGoOfParts()
        try file.seal()
        #expect(file.state.sealed?.parts.count == 2)
        let sending = try file.beginSending(50_000..<250_000)
        #expect(!sending.isInFile)
        var memory = [UInt8](repeating: 0, count: 200_000)
        #expect(throws: SystemError.ioError) {
            _ = try memory.withUnsafeMutableBytes { try file.fill($0, with: sending) }
        }
        try file.settle(1, as: "object")
        #expect(file.state.image.sent.isEmpty)
    }

    /// They would be nowhere.
    @Test func nothingLeavesBeforeTheObjectInPartsIsForgotten() throws {
        try file.keepParts()
        #expect(try file.letGoOfParts() == 0)
        try file.endUpload()
        #expect(try read(100_000, at: 0).count == 100_000)
        try file.beginUpload("another")
        let sending = try file.beginSending(0..<100_000, asPart: 1)
        try file.endSending(sending, as: StagedPart(number: 1, range: 0..<100_000, "tag"))
        #expect(try file.letGoOfParts() == 100_000)
        #expect(throws: SystemError(code: EBUSY)) { try file.keepParts() }
    }

    @Test func nothingLeavesWhileAVersionWaits() throws {
        try file.seal()
        #expect(try file.letGoOfParts() == 0)
    }
}
