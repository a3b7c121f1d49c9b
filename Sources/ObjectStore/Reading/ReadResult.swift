public struct ReadResult: Sendable {
    /// What was read from.
    public var object: ObjectInfo
    /// How many bytes the sink got.
    public var count: Int
    /// The bytes themselves, of the sink `bytes` only.
    public var bytes: [UInt8]

    public init(object: ObjectInfo, count: Int, bytes: [UInt8] = []) {
        self.object = object
        self.count = count
        self.bytes = bytes
    }
}
