public import Checksums
public import HTTP

public struct ReadResult: Sendable {
    /// What was read from.
    public var object: ObjectInfo
    /// How many bytes the sink got.
    public var count: Int
    /// The bytes themselves, of the sink `bytes` only.
    public var bytes: [UInt8]
    /// Of the bytes that the sink got, when it was asked for.
    public var checksum: Checksum?
    /// What it took, of a store that is asked by requests.
    public var timing: HTTPTiming?

    public init(
        object: ObjectInfo, count: Int, bytes: [UInt8] = [], checksum: Checksum? = nil, timing: HTTPTiming? = nil
    ) {
        self.object = object
        self.count = count
        self.bytes = bytes
        self.checksum = checksum
        self.timing = timing
    }
}
