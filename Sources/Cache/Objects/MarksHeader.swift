import Checksums

/// The beginning of an entry's file of marks: what the entry is of. It is written once, before the file has its name, so
/// whoever knows what he looks for compares bytes.
///
/// Numbers are little-endian. Behind the header stand who has read the object (`Readers`) and the marks.
struct MarksHeader {
    /// Also says the form of what follows.
    private static let magic = Array("PRVCACH1".utf8)
    private static let fixed = 48
    /// No key and no version that a store has is as long.
    static let limit = 64 << 10

    let bytes: [UInt8]

    init(_ version: CachedVersion) {
        let texts = [Array(version.place.utf8), version.key, Array(version.version.utf8)]
        let count = Self.fixed + texts.reduce(0) { $0 + $1.count }
        var bytes = Self.magic
        func add(_ number: some FixedWidthInteger) {
            withUnsafeBytes(of: number.littleEndian) { bytes += $0 }
        }
        add(UInt32(Self.padded(count)))
        // Of the checksum.
        add(UInt32(0))
        add(UInt64(version.size))
        add(UInt64(Block.size))
        for text in texts { add(UInt32(text.count)) }
        add(UInt32(0))
        for text in texts { bytes += text }
        bytes += [UInt8](repeating: 0, count: Self.padded(count) - count)
        let checksum = Self.checksum(of: bytes)
        withUnsafeBytes(of: checksum.littleEndian) { bytes.replaceSubrange(12..<16, with: $0) }
        self.bytes = bytes
    }

    var fits: Bool { bytes.count <= Self.limit }

    /// Reads what the initializer wrote; nothing when it is anything else.
    static func version(from bytes: [UInt8]) -> CachedVersion? {
        guard bytes.count >= fixed, Array(bytes[..<8]) == magic else { return nil }
        func number(at offset: Int, _ count: Int) -> Int? {
            let value = (0..<count).reversed().reduce(UInt64(0)) { $0 << 8 | UInt64(bytes[offset + $1]) }
            return Int(exactly: value)
        }
        guard let count = number(at: 8, 4), count <= min(bytes.count, limit), count >= fixed,
            let size = number(at: 16, 8), number(at: 24, 8) == Block.size,
            let place = number(at: 32, 4), let key = number(at: 36, 4), let version = number(at: 40, 4),
            padded(fixed + place + key + version) == count
        else { return nil }
        let found = CachedVersion(
            place: String(decoding: bytes[fixed..<fixed + place], as: UTF8.self),
            key: Array(bytes[fixed + place..<fixed + place + key]),
            version: String(decoding: bytes[fixed + place + key..<fixed + place + key + version], as: UTF8.self),
            size: size)
        return MarksHeader(found).bytes == Array(bytes[..<count]) ? found : nil
    }

    private static func padded(_ count: Int) -> Int { (count + 7) & ~7 }

    private static func checksum(of bytes: [UInt8]) -> UInt32 { bytes.withUnsafeBytes { CRC32C.of($0) } }
}

/// Objects are kept in blocks of this size, each with a checksum; the last one of an object is shorter. It is the size in
/// which kernels ask for pieces of files, so that nothing that was asked for at random is lost at the edges.
enum Block {
    static let size = 4096

    /// The blocks that have bytes of a range.
    static func touched(by range: Range<Int>) -> Range<Int> {
        range.isEmpty ? 0..<0 : range.lowerBound / size..<(range.upperBound - 1) / size + 1
    }

    /// The blocks that are in a range whole, of a file of this size.
    static func whole(in range: Range<Int>, of fileSize: Int) -> Range<Int> {
        let first = (range.lowerBound + size - 1) / size
        let end = range.upperBound == fileSize ? count(of: fileSize) : range.upperBound / size
        return first..<max(first, end)
    }

    static func bytes(of blocks: Range<Int>, in fileSize: Int) -> Range<Int> {
        min(blocks.lowerBound * size, fileSize)..<min(blocks.upperBound * size, fileSize)
    }

    static func count(of fileSize: Int) -> Int { (fileSize + size - 1) / size }

    /// What stands for a block that is there: its checksum, which is never nothing.
    static func mark(of bytes: UnsafeRawBufferPointer) -> UInt32 {
        let checksum = CRC32C.of(bytes)
        return checksum == 0 ? .max : checksum
    }
}
