public import Checksums

public struct ReadResult: Sendable {
    /// What was read from.
    public var object: ObjectInfo
    /// How many bytes the sink got.
    public var count: Int
    /// The bytes themselves, of the sink `bytes` only.
    public var bytes: [UInt8]
    /// Of the bytes that the sink got, when it was asked for.
    public var checksum: Checksum?

    public init(object: ObjectInfo, count: Int, bytes: [UInt8] = [], checksum: Checksum? = nil) {
        self.object = object
        self.count = count
        self.bytes = bytes
        self.checksum = checksum
    }
}
