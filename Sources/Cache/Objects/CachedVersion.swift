import Checksums
import Platform

/// One version of one object. Whoever means the same version of the same object means the same entry of the cache.
public struct CachedVersion: Sendable, Hashable {
    /// The bucket and the service it is in, without a word of who asks.
    public var place: String
    public var key: [UInt8]
    /// As the store tells it.
    public var version: String
    public var size: Int

    public init(place: String, key: [UInt8], version: String, size: Int) {
        self.place = place
        self.key = key
        self.version = version
        self.size = size
    }

    /// Of any key, however long: the entry's files are called so.
    var name: EntryName { EntryName(hashOf: MarksHeader(self).bytes) }
}

/// What the files of an entry are called: a hash as 32 digits, the first two of which are the folder that they are in.
struct EntryName: Hashable, Sendable {
    // Not as text: whoever removes entries has the names of all of them at hand.
    private let high: UInt64
    private let low: UInt64

    enum File: String, CaseIterable {
        /// The object's bytes at their places, with holes where some are missing.
        case data
        /// What the entry is of, and a checksum for each block that is there.
        case marks
    }

    init(hashOf bytes: [UInt8]) {
        self.init(Array(SHA256.digest(bytes).prefix(16)))
    }

    private init(_ bytes: [UInt8]) {
        high = bytes[..<8].reduce(0) { $0 << 8 | UInt64($1) }
        low = bytes[8...].reduce(0) { $0 << 8 | UInt64($1) }
    }

    /// Of a name in a folder; nothing when it is no file of an entry.
    static func parse(_ name: RawPath) -> (EntryName, File)? {
        guard let text = name.exactText, let dot = text.firstIndex(of: "."),
            let file = File(rawValue: String(text[text.index(after: dot)...])),
            let bytes = Hex.bytes(of: String(text[..<dot])), bytes.count == 16
        else { return nil }
        return (EntryName(bytes), file)
    }

    var digits: String {
        Hex.text(of: [high, low].flatMap { number in withUnsafeBytes(of: number.bigEndian) { Array($0) } })
    }

    var folder: String { String(digits.prefix(2)) }

    func file(_ kind: File) -> RawPath { RawPath(digits + "." + kind.rawValue) }
}
