/// One task: a document of the file, checked.
public struct TaskDefinition: Sendable {
    public var name: String
    /// From 1; a header does not count.
    public var number: Int
    /// Variables for COMMAND, in the order of the file: those of `envs` that are no secrets.
    public var environment: [(name: String, value: String)]
    public var mounts: [Mount]
    /// Of all entries, also of those that are wrong otherwise and are no mounts.
    public var destinations: [Destination]
    public var directAccess: [DirectAccess]
    public var pathSubstitutions: [PathSubstitution]
    public var secrets: SecretValues
    public var diagnostics: [Diagnostic]
}

/// Sources that are used in place rather than copied.
public struct DirectAccess: Sendable, Equatable {
    public var url: String?
    public var contentType: String?
}

/// A URL prefix that is replaced by a local one.
public struct PathSubstitution: Sendable, Equatable {
    public var registeredPrefix: String
    public var localPrefix: String
}
