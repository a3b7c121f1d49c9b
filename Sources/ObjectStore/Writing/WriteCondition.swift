/// What must hold of a key at the moment of a write, else it fails with `conditionFailed` and changes nothing.
public enum WriteCondition: Sendable, Equatable {
    case always
    case ifAbsent
    case ifVersion(ObjectVersion)
}

/// One object to delete.
public struct Deletion: Sendable {
    public var key: ObjectKey
    /// Only if this is the version that is there.
    public var version: ObjectVersion?

    public init(_ key: ObjectKey, ifVersion version: ObjectVersion? = nil) {
        self.key = key
        self.version = version
    }
}

/// The source of a copy within a store.
public struct CopySource: Sendable {
    public var key: ObjectKey
    /// Only from this version; the copy throws `changed` when it is not there.
    public var version: ObjectVersion?

    public init(_ key: ObjectKey, _ version: ObjectVersion? = nil) {
        self.key = key
        self.version = version
    }
}
