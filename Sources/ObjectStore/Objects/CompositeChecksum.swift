public import Checksums

/// A checksum of the checksums of the parts that an object was uploaded in. Who knows how large they were can compare it like
/// one of the whole.
public struct CompositeChecksum: Sendable, Equatable {
    /// Of the bytes of all parts' checksums, one behind the other.
    public var checksum: Checksum
    public var parts: Int

    public init(_ checksum: Checksum, parts: Int) {
        self.checksum = checksum
        self.parts = parts
    }

    /// As services write it: the checksum, a `-`, and how many parts there are.
    init?(_ text: String, _ checksum: (String) -> Checksum?) {
        // By bytes: every small object is asked, and to find characters in its ETag takes longer than all else about it.
        guard let dash = text.utf8.firstIndex(of: UInt8(ascii: "-")),
            let parts = Int(text[text.utf8.index(after: dash)...]), parts > 0,
            let checksum = checksum(String(text[..<dash]))
        else { return nil }
        self.init(checksum, parts: parts)
    }

    /// Whether so many parts of this size, but for the last, can make up the object.
    public func fits(partSize: Int, of size: Int) -> Bool {
        // A server may say anything.
        size > 0 && (1...size).contains(partSize) && (size - 1) / partSize + 1 == parts
    }

    /// What it is when the parts have these checksums.
    public static func checksum(of parts: [Checksum], _ algorithm: Checksum.Algorithm) throws(ChecksumError) -> Checksum
    {
        try Checksum(algorithm, of: parts.flatMap(\.bytes))
    }
}
