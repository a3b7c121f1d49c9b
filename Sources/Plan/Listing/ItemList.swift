import Glibc
public import Platform

/// The items of a listing, in their order and packed: a bucket may have millions. Beyond a bound they go to a file that has
/// no name and is gone with its last user.
public struct ItemList: Sendable {
    enum Chunk: Sendable {
        case memory([UInt8], MemoryShare)
        case file(SharedDescriptor, Range<Int>)
    }

    public private(set) var count = 0
    private var chunks: [Chunk] = []
    private var filling: [UInt8] = []
    private var spool: SharedDescriptor?
    private var spooled = 0
    private let space: ListingSpace

    private static let chunkSize = 1 << 18
    /// How many chunks stay in memory, if there is so much.
    private static let chunksInMemory = 32

    public init(in space: ListingSpace) {
        self.space = space
    }

    public mutating func append(_ item: SourceListing.Item) throws(SystemError) {
        PackedItem.append(item, to: &filling)
        count += 1
        if filling.count >= Self.chunkSize { try closeChunk() }
    }

    private mutating func closeChunk() throws(SystemError) {
        defer { filling.removeAll(keepingCapacity: true) }
        if spool == nil, chunks.count < Self.chunksInMemory, let share = space.memory.hold(filling.count) {
            // A copy of just that size; what is filled next keeps its room.
            chunks.append(.memory(filling.withUnsafeBytes(Array.init), share))
            return
        }
        let file = try spoolFile()
        try file.file.write(filling, at: spooled)
        chunks.append(.file(file, spooled..<spooled + filling.count))
        spooled += filling.count
    }

    private mutating func spoolFile() throws(SystemError) -> SharedDescriptor {
        if let spool { return spool }
        var failure = SystemError.notThere
        for folder in space.folders {
            do throws(SystemError) {
                let file = SharedDescriptor(try .open(folder, FileFlags.nameless, mode: 0o600))
                spool = file
                return file
            } catch {
                failure = error
            }
        }
        throw failure
    }

    // MARK: Reading

    /// How many pieces it is read in: one after the other, or the last one first.
    var pieces: Int { chunks.count + 1 }

    /// The packed items of a piece. What was spooled may not come back: the disk has failed, or somebody has cut the file.
    func piece(_ index: Int) throws(SystemError) -> [UInt8] {
        guard index < chunks.count else { return filling }
        switch chunks[index] {
        case .memory(let bytes, _): return bytes
        case .file(let file, let range):
            var bytes = [UInt8](repeating: 0, count: range.count)
            let result = bytes.withUnsafeMutableBytes { room in
                Result { () throws(SystemError) in try file.file.read(into: room, at: range.lowerBound) }
            }
            guard try result.get() == range.count else { throw SystemError(code: EIO) }
            return bytes
        }
    }
}
