import Checksums
public import Platform
import Synchronization

/// What the cache has of one version of an object, open and safe from being removed as long as somebody has it.
///
/// Two files: `data` has the object's bytes at their own places, `marks` a checksum for each block that is there. A mark is
/// written when its block has been, and nothing is believed that does not have its checksum: a process that is killed, a
/// machine that stops or a disk that lies leaves blocks that count as missing. Several processes may fill the same object,
/// with the same bytes. Calls wait for the disk.
public final class CachedObject: Sendable {
    public let version: CachedVersion
    private let marks: OwnedDescriptor
    private let data: OwnedDescriptor
    /// Where in the file of marks those who have read it stand, and behind them the marks.
    private let readersOffset: Int
    /// In seconds since 1970.
    private let used: Atomic<Int>
    private let known = Mutex<Set<UInt64>>([])
    private let checked: Mutex<CheckedBlocks>
    /// What it has is wrong: nothing more is kept.
    private let isForgotten = Atomic(false)

    /// The files are open and locked; `used` is when they were used last.
    init(_ version: CachedVersion, marks: consuming OwnedDescriptor, data: consuming OwnedDescriptor, used: Int) {
        self.version = version
        self.marks = marks
        self.data = data
        readersOffset = MarksHeader(version).bytes.count
        self.used = Atomic(used)
        checked = Mutex(CheckedBlocks(of: Block.count(of: version.size)))
    }

    private var marksOffset: Int { readersOffset + Readers.size }

    static func marksSize(_ version: CachedVersion) -> Int {
        MarksHeader(version).bytes.count + Readers.size + Block.count(of: version.size) * Mark.size
    }

    private enum Mark {
        static let size = 4
    }

    /// In steps of this size bytes are read and checked while the processor's cache has them.
    private static let step = 256 << 10

    // MARK: Reading

    /// Reads from the beginning of the range what is there without a gap; returns how many bytes. `progress` is called with
    /// the count of those that are there and right. What is not as it was written is forgotten, and told by `wasDamaged`.
    public func read(
        _ range: Range<Int>, into memory: UnsafeMutableRawBufferPointer, progress: (_ count: Int) -> Void = { _ in }
    ) throws(SystemError) -> (count: Int, wasDamaged: Bool) {
        precondition(range.lowerBound >= 0 && range.upperBound <= version.size && memory.count >= range.count)
        touch()
        var position = range.lowerBound
        while position < range.upperBound {
            // To the next multiple, so that all steps but the ends are of whole blocks.
            let end = min((position / Self.step + 1) * Self.step, range.upperBound)
            let target = UnsafeMutableRawBufferPointer(rebasing: memory[(position - range.lowerBound)...])
            let (count, wasDamaged) = try readStep(position..<end, into: target)
            position += count
            if count > 0 { progress(position - range.lowerBound) }
            if position < end { return (position - range.lowerBound, wasDamaged) }
        }
        return (range.count, false)
    }

    private func readStep(
        _ range: Range<Int>, into memory: UnsafeMutableRawBufferPointer
    ) throws(SystemError) -> (count: Int, wasDamaged: Bool) {
        let marks = try self.marks(of: Block.touched(by: range))
        let present = marks.prefix { $0 != 0 }.count
        guard present > 0 else { return (0, false) }
        let first = range.lowerBound / Block.size
        let blocks = first..<first + present
        let bytes = Block.bytes(of: blocks, in: version.size)
        if range.lowerBound == bytes.lowerBound, bytes.upperBound <= range.upperBound {
            let target = UnsafeMutableRawBufferPointer(rebasing: memory[..<bytes.count])
            let good = try readBlocks(blocks, bytes, marks, into: target)
            return (good, good < bytes.count)
        }
        // The ends are pieces of blocks, and only whole ones can be checked.
        return try withScratch(bytes.count) { scratch throws(SystemError) in
            let good = try readBlocks(blocks, bytes, marks, into: scratch)
            let usable = Range(
                uncheckedBounds: (
                    range.lowerBound, max(range.lowerBound, min(range.upperBound, bytes.lowerBound + good))
                ))
            let source = scratch[usable.lowerBound - bytes.lowerBound..<usable.upperBound - bytes.lowerBound]
            memory.copyMemory(from: UnsafeRawBufferPointer(rebasing: source))
            return (usable.count, good < bytes.count)
        }
    }

    /// Returns how many bytes from the first on are right. Marks of blocks that are not are taken back.
    private func readBlocks(
        _ blocks: Range<Int>, _ bytes: Range<Int>, _ marks: [UInt32], into memory: UnsafeMutableRawBufferPointer
    ) throws(SystemError) -> Int {
        let count = try data.read(into: memory, at: bytes.lowerBound)
        for (index, block) in blocks.enumerated() {
            let place = Block.bytes(of: block..<block + 1, in: version.size)
            let start = place.lowerBound - bytes.lowerBound
            guard start + place.count <= count,
                Block.mark(of: UnsafeRawBufferPointer(rebasing: memory[start..<start + place.count])) == marks[index]
            else {
                checked.withLock { $0.removeAll() }
                try write(marks: [0], from: block)
                return start
            }
        }
        noteChecked(blocks)
        return bytes.count
    }

    /// Reads a range of whole blocks without waiting: what is there and the kernel has in memory. False when that is not all.
    public func readAtHand(_ range: Range<Int>, into memory: UnsafeMutableRawBufferPointer) -> Bool {
        let blocks = Block.whole(in: range, of: version.size)
        guard range.lowerBound % Block.size == 0, Block.bytes(of: blocks, in: version.size) == range else {
            return false
        }
        touch()
        return withUnsafeTemporaryAllocation(of: UInt32.self, capacity: blocks.count) { known in
            guard marks.readAtHand(into: .init(known), at: marksOffset + blocks.lowerBound * Mark.size) else {
                return false
            }
            for start in stride(from: 0, to: range.count, by: Self.step) {
                let step = start..<min(start + Self.step, range.count)
                let target = UnsafeMutableRawBufferPointer(rebasing: memory[step])
                guard data.readAtHand(into: target, at: range.lowerBound + start) else { return false }
                for offset in stride(from: 0, to: target.count, by: Block.size) {
                    let block = target[offset..<min(offset + Block.size, target.count)]
                    let mark = UInt32(littleEndian: known[(start + offset) / Block.size])
                    guard Block.mark(of: .init(rebasing: block)) == mark else { return false }
                }
            }
            noteChecked(blocks)
            return true
        }
    }

    /// What has to be fetched of a range whose first byte is missing, with one request: to the end of the last block that is
    /// missing. What is there in between is fetched again, since a second request would take longer.
    public func gap(in range: Range<Int>) throws(SystemError) -> Range<Int> {
        let blocks = Block.touched(by: range)
        let marks = try self.marks(of: blocks)
        guard let last = marks.lastIndex(of: 0) else { return range.lowerBound..<range.lowerBound }
        let end = Block.bytes(of: blocks.lowerBound + last..<blocks.lowerBound + last + 1, in: version.size).upperBound
        return range.lowerBound..<min(end, range.upperBound)
    }

    /// Whether anything of the range is there.
    public func hasBeginning(of range: Range<Int>) throws(SystemError) -> Bool {
        let first = range.lowerBound / Block.size
        return try marks(of: first..<first + 1)[0] != 0
    }

    // MARK: Filling

    /// Keeps those blocks that are in the range whole; returns how many bytes were not there before.
    func keep(_ range: Range<Int>, _ memory: UnsafeRawBufferPointer) throws(SystemError) -> Int {
        let blocks = Block.whole(in: range, of: version.size)
        guard !blocks.isEmpty, !isForgotten.load(ordering: .acquiring) else { return 0 }
        let known = try marks(of: blocks)
        let missing = known.count { $0 == 0 }
        guard missing > 0 else { return 0 }
        var marks: [UInt32] = []
        marks.reserveCapacity(blocks.count)
        let perStep = Self.step / Block.size
        for first in stride(from: blocks.lowerBound, to: blocks.upperBound, by: perStep) {
            let step = first..<min(first + perStep, blocks.upperBound)
            let bytes = Block.bytes(of: step, in: version.size)
            let source = UnsafeRawBufferPointer(
                rebasing: memory[bytes.lowerBound - range.lowerBound..<bytes.upperBound - range.lowerBound])
            for start in stride(from: 0, to: source.count, by: Block.size) {
                marks.append(Block.mark(of: .init(rebasing: source[start..<min(start + Block.size, source.count)])))
            }
            try data.write(source, at: bytes.lowerBound)
        }
        try write(marks: marks, from: blocks.lowerBound)
        // All were taken back meanwhile, maybe before these.
        guard !isForgotten.load(ordering: .acquiring) else {
            try write(marks: [UInt32](repeating: 0, count: marks.count), from: blocks.lowerBound)
            return 0
        }
        noteChecked(blocks)
        return missing * Block.size
    }

    /// Takes back all marks, also those that are still to come from here. What is a hole among them stays one.
    func forget() throws(SystemError) {
        isForgotten.store(true, ordering: .releasing)
        checked.withLock { $0.removeAll() }
        let blocks = Block.touched(by: 0..<version.size)
        let step = 1 << 16
        for first in stride(from: blocks.lowerBound, to: blocks.upperBound, by: step) {
            let some = first..<min(first + step, blocks.upperBound)
            guard try marks(of: some).contains(where: { $0 != 0 }) else { continue }
            try write(marks: [UInt32](repeating: 0, count: some.count), from: some.lowerBound)
        }
    }

    // MARK: All of it

    /// The file with the object's bytes, valid as long as there is this; nothing unless this process has found every block right,
    /// or written it.
    public var whole: Int32? {
        guard checked.withLock({ $0.areAll }) else { return nil }
        touch()
        return data.raw
    }

    private func noteChecked(_ blocks: Range<Int>) { checked.withLock { $0.insert(blocks) } }

    /// Of a file in which nothing was changed since it was whole.
    struct Content: Equatable {
        private let device: UInt64
        private let inode: UInt64
        private let changed: FileTime

        init(_ entry: FileEntry) {
            (device, inode, changed) = (entry.device, entry.inode, entry.changed)
        }
    }

    /// Nothing while it is not whole.
    var wholeContent: Content? {
        guard checked.withLock({ $0.areAll }), let entry = try? data.entry() else { return nil }
        return Content(entry)
    }

    /// It was whole when it was open before: it is so again, if it is the same.
    func goOn(from content: Content) {
        guard let entry = try? data.entry(), Content(entry) == content else { return }
        checked.withLock { $0.insertAll() }
    }

    // MARK: Marks

    private func marks(of blocks: Range<Int>) throws(SystemError) -> [UInt32] {
        var marks = [UInt32](repeating: 0, count: blocks.count)
        let offset = marksOffset + blocks.lowerBound * Mark.size
        // What is missing at the end is as if it had never been written.
        let result = marks.withUnsafeMutableBytes { bytes in
            Result { () throws(SystemError) in try self.marks.read(into: bytes, at: offset) }
        }
        _ = try result.get()
        return marks.map { UInt32(littleEndian: $0) }
    }

    private func write(marks: [UInt32], from block: Int) throws(SystemError) {
        let offset = marksOffset + block * Mark.size
        let result = marks.map(\.littleEndian).withUnsafeBytes { bytes in
            Result { () throws(SystemError) in try self.marks.write(bytes, at: offset) }
        }
        try result.get()
    }

    // MARK: Who may read it

    /// Whether this reader has been let in by the store before: whoever fills the cache is not everybody who reads it.
    public func isReadable(by reader: CacheReader) -> Bool {
        if isKnownReadable(by: reader) { return true }
        guard let readers = try? Readers(from: marks, at: readersOffset), readers.contains(reader) else { return false }
        _ = known.withLock { $0.insert(reader.number) }
        return true
    }

    /// Whether that has been found out already.
    public func isKnownReadable(by reader: CacheReader) -> Bool { known.withLock { $0.contains(reader.number) } }

    /// The store has let this reader in.
    public func noteReadable(by reader: CacheReader) {
        guard !isReadable(by: reader) else { return }
        _ = known.withLock { $0.insert(reader.number) }
        // Where it cannot be written, the store is asked once more another day.
        try? Readers.add(reader, to: marks, at: readersOffset)
    }

    // MARK: When it was used

    /// The time of the file of marks is when the entry was used last, to the minute.
    private func touch() {
        let now = Timestamp.secondsNow
        guard abs(now - used.load(ordering: .relaxed)) >= 60 else { return }
        used.store(now, ordering: .relaxed)
        // Where it cannot be written, the entry goes a little earlier.
        try? marks.setModified(FileTime(seconds: now, nanoseconds: 0))
    }
}

private func withScratch<Outcome>(
    _ count: Int, _ body: (UnsafeMutableRawBufferPointer) throws(SystemError) -> Outcome
) throws(SystemError) -> Outcome {
    let scratch = UnsafeMutableRawBufferPointer.allocate(byteCount: count, alignment: 16)
    defer { scratch.deallocate() }
    return try body(scratch)
}
