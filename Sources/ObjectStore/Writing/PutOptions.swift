public struct PutOptions: Sendable {
    public var condition: WriteCondition
    public var metadata: ObjectMetadata
    public var checksum: BodyChecksum?

    public init(
        if condition: WriteCondition = .always, metadata: ObjectMetadata = .init(), checksum: BodyChecksum? = nil
    ) {
        self.condition = condition
        self.metadata = metadata
        self.checksum = checksum
    }
}

/// What was stored.
public struct PutResult: Sendable, Equatable {
    public var version: ObjectVersion

    public init(version: ObjectVersion) {
        self.version = version
    }
}
