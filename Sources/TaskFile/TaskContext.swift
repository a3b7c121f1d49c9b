public import Platform

/// What a task file is read against: all that comes from outside of it.
public struct TaskContext: Sendable {
    /// The bytes of a file that the task names, or why they cannot be had.
    public typealias FileReading = @Sendable (_ path: String) throws(UnreadableFile) -> [UInt8]

    public var environment: Environment
    public var overrides = Variables.Overrides()
    /// The user's home folder, for destinations below `~`.
    public var home: String
    /// Providers that the operator names for this run; stronger than the task's own.
    public var operatorProviders: NamedBytes?
    /// Providers of the user's configuration; weaker than the task's own.
    public var userProviders: NamedBytes?
    public var readFile: FileReading
    /// The endpoint that a profile of the AWS configuration names; nil for the profile in force.
    public var profileEndpoint: @Sendable (_ profile: String?) -> String?

    public struct NamedBytes: Sendable {
        public var name: String
        public var bytes: [UInt8]

        public init(name: String, bytes: [UInt8]) {
            self.name = name
            self.bytes = bytes
        }
    }

    public struct UnreadableFile: Error, Sendable {
        public var reason: String

        public init(reason: String) {
            self.reason = reason
        }
    }

    public init(
        environment: Environment, home: String,
        readFile: @escaping FileReading = { path throws(UnreadableFile) in
            throw UnreadableFile(reason: "files are not read here")
        },
        profileEndpoint: @escaping @Sendable (String?) -> String? = { _ in nil }
    ) {
        self.environment = environment
        self.home = home
        self.readFile = readFile
        self.profileEndpoint = profileEndpoint
    }
}
