import Glibc
public import Platform

/// The items of a listing, in their order and packed: a bucket may have millions. Beyond a bound they go to a file that has
/// no name and is gone with its last user.
public struct ItemList: Sendable {
    private enum Chunk: Sendable {
        case memory([UInt8])
        case file(SharedDescriptor, Range<Int>)
    }

    public private(set) var count = 0
    private var chunks: [Chunk] = []
    private var filling: [UInt8] = []
    private var spool: SharedDescriptor?
    private var spooled = 0
    /// Where the file is made; the first that can have one.
    private let spoolFolders: [RawPath]

    private static let chunkSize = 1 << 18
    /// How many chunks stay in memory.
    private static let chunksInMemory = 32

    public init(spoolFolders: [RawPath] = ["/var/tmp", "/tmp"]) {
        self.spoolFolders = spoolFolders
    }

    public mutating func append(_ item: SourceListing.Item) throws(SystemError) {
        PackedItem.append(item, to: &filling)
        count += 1
        if filling.count >= Self.chunkSize { try closeChunk() }
    }

    private mutating func closeChunk() throws(SystemError) {
        defer { filling = [] }
        guard chunks.count >= Self.chunksInMemory else {
            chunks.append(.memory(filling))
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
        for folder in spoolFolders {
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
}

extension ItemList: Sequence {
    public func makeIterator() -> Iterator { Iterator(self) }

    public struct Iterator: IteratorProtocol {
        private let list: ItemList
        private var next_ = 0
        private var chunk: [UInt8] = []
        private var place = 0

        init(_ list: ItemList) {
            self.list = list
        }

        public mutating func next() -> SourceListing.Item? {
            while place >= chunk.count {
                guard next_ <= list.chunks.count else { return nil }
                chunk = next_ < list.chunks.count ? list.bytes(of: list.chunks[next_]) : list.filling
                place = 0
                next_ += 1
            }
            return PackedItem.read(chunk, at: &place)
        }
    }

    /// A file without a name that can suddenly not be read leaves nothing to go on with.
    private func bytes(of chunk: Chunk) -> [UInt8] {
        switch chunk {
        case .memory(let bytes): return bytes
        case .file(let file, let range):
            var bytes = [UInt8](repeating: 0, count: range.count)
            let count = try? bytes.withUnsafeMutableBytes { try file.file.read(into: $0, at: range.lowerBound) }
            guard count == range.count else { fatalError("the spooled listing cannot be read back") }
            return bytes
        }
    }
}
