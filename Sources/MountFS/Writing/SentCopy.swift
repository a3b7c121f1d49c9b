import Checksums
import ObjectStore
import Platform
import Staging
import Synchronization

/// A stretch of a staged file in a file of its own that nobody changes: what is too large to be sent from memory, and cannot be sent from
/// where it stands. It counts as staged.
final class SentCopy: Sendable {
    /// Larger stretches are copied.
    static let mostInMemory = 16 << 20
    static let step = 4 << 20

    private let file: SharedDescriptor
    private let count: Int
    private let room: StagingRoom?

    init(_ count: Int, of staged: StagedFile, _ room: StagingRoom?) throws(SystemError) {
        file = try staged.nameless()
        self.count = count
        self.room = room
        room?.takeAnyway(count)
    }

    deinit { room?.give(count) }

    var source: ByteSource { .file(file, 0..<count) }

    func write(_ bytes: [UInt8], at offset: Int) throws(SystemError) { try file.file.write(bytes, at: offset) }
}

extension Uploader {
    /// What is sent of a sealed version is right whatever the file becomes meanwhile; ahead of one it has to stay what it is.
    func copy(_ sending: StagedFile.SentRange, of file: StagedFile) async throws(Failure) -> SentCopy? {
        guard let version = sending.version else {
            return try await copy(sending.range, of: file) { piece throws(Failure) in
                try await fill(sending, piece, of: file)
            }
        }
        return try await copy(sending.range, of: file) { piece throws(Failure) in
            try await bytes(piece, of: file, version)
        }
    }

    /// Nothing when the bytes cannot be had as they are to be sent: they were changed, or are not wanted any more.
    func copy(
        _ range: Range<Int>, of file: StagedFile, _ bytes: (Range<Int>) async throws(Failure) -> [UInt8]?
    ) async throws(Failure) -> SentCopy? {
        let copy = try onDisk { () throws(SystemError) in try SentCopy(range.count, of: file, room) }
        for start in stride(from: range.lowerBound, to: range.upperBound, by: SentCopy.step) {
            let piece = start..<min(range.upperBound, start + SentCopy.step)
            await memory.take(piece.count)
            defer { memory.giveBack(piece.count) }
            guard let bytes = try await bytes(piece) else { return nil }
            try onDisk { () throws(SystemError) in try copy.write(bytes, at: start - range.lowerBound) }
        }
        return copy
    }
}
