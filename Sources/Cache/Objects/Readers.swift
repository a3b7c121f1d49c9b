import Checksums
import Platform

/// Somebody who reads, told apart from everybody else who may see other objects. What it is made of cannot be found out from
/// what is written down.
public struct CacheReader: Sendable, Hashable {
    let number: UInt64

    public init(_ description: String) {
        let digest = SHA256.digest(Array(description.utf8))
        let number = digest.prefix(8).reduce(0) { $0 << 8 | UInt64($1) }
        self.number = number == 0 ? 1 : number
    }
}

/// Those whom the store has let read the object, behind the header of its marks. There is room for a few; one who is not
/// there, or not any more, is let in anew by the store.
struct Readers {
    private static let places = 8
    static let size = places * 8

    private let numbers: [UInt64]

    init(from file: borrowing OwnedDescriptor, at offset: Int) throws(SystemError) {
        let bytes = try file.bytes(Self.size, at: offset)
        numbers = stride(from: 0, to: bytes.count & ~7, by: 8).map { start in
            bytes[start..<start + 8].reversed().reduce(0) { $0 << 8 | UInt64($1) }
        }
    }

    func contains(_ reader: CacheReader) -> Bool { numbers.contains(reader.number) }

    static func add(_ reader: CacheReader, to file: borrowing OwnedDescriptor, at offset: Int) throws(SystemError) {
        let readers = try Readers(from: file, at: offset)
        let place = readers.numbers.firstIndex(of: 0) ?? Int(reader.number % UInt64(places))
        try file.write(withUnsafeBytes(of: reader.number.littleEndian) { Array($0) }, at: offset + place * 8)
    }
}
