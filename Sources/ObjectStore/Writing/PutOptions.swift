public import Checksums

public struct PutOptions: Sendable {
    public var condition: WriteCondition
    public var metadata: ObjectMetadata
    /// Of the body. The store verifies it on arrival.
    public var checksum: Checksum?

    public init(
        if condition: WriteCondition = .always, metadata: ObjectMetadata = .init(), checksum: Checksum? = nil
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
