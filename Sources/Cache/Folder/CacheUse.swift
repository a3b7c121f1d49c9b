import Checksums
import Platform

/// How many bytes are in a cache, for all processes that use it: a number in a file, with a checksum. Who is killed has perhaps
/// not told of what he wrote last; whoever removes entries counts anew.
struct CacheUse {
    private static let size = 16
    let folder: CacheFolder

    /// Adds what was written; returns how much there is then. Nothing when the number is not known.
    func add(_ bytes: Int) throws(SystemError) -> Int? {
        let file = try folder.shared("use")
        _ = try file.lock(waiting: true)
        guard let before = try Self.read(file) else { return nil }
        let total = max(0, before + bytes)
        if bytes != 0 { try Self.write(total, to: file) }
        return total
    }

    func set(_ bytes: Int) throws(SystemError) {
        let file = try folder.shared("use")
        _ = try file.lock(waiting: true)
        try Self.write(bytes, to: file)
    }

    private static func read(_ file: borrowing OwnedDescriptor) throws(SystemError) -> Int? {
        let bytes = try file.bytes(size, at: 0)
        guard bytes.count == size, bytes == encoded(number(bytes)) else { return nil }
        return number(bytes)
    }

    private static func write(_ total: Int, to file: borrowing OwnedDescriptor) throws(SystemError) {
        try file.write(encoded(total), at: 0)
    }

    private static func number(_ bytes: [UInt8]) -> Int {
        Int(bytes[..<8].reversed().reduce(0) { $0 << 8 | UInt64($1) } & UInt64(Int.max))
    }

    private static func encoded(_ total: Int) -> [UInt8] {
        let number = withUnsafeBytes(of: UInt64(total).littleEndian) { Array($0) }
        let checksum = UInt64(number.withUnsafeBytes { CRC32C.of($0) }) << 32 | 0x0043_4143
        return number + withUnsafeBytes(of: checksum.littleEndian) { Array($0) }
    }
}
