public import Platform

/// Where and how something is mounted.
public struct MountOptions: Sendable {
    /// Absolute. What is missing on the way is made.
    public var destination: RawPath
    /// A single object is mounted over a file.
    public var isFile = false
    /// What the table of mounts shows as the device.
    public var source = "provision"
    /// The kernel refuses changes before anybody is asked.
    public var isReadOnly = false
    /// Other users may go in, as far as the modes let them.
    public var allowsOthers = true
    /// What the destination holds is hidden as long as the mount is there; else it must be empty.
    public var coversContent = false
    /// One that was passed in, mostly by who has mounted with it already, perhaps where nobody here sees it; nothing: opened here.
    public var device: SharedDescriptor?
    /// How far the kernel reads ahead of a program that reads from front to back. As much it reads around each place that is touched
    /// in mapped memory, so that more costs more than it brings: sessions read ahead themselves.
    public var readAhead = 4 << 20
    /// Where files lie that may be read in the place of ours, where the kernel can do that.
    public var localFiles: RawPath?

    public init(_ destination: RawPath) {
        self.destination = destination
    }
}

/// The program that serves, and what it is told.
public struct SessionProgram: Sendable {
    /// Where it is; the first word says it where nothing else does.
    public var program: String?
    /// For everybody to see.
    public var words: [String]
    /// For whoever may look into processes: nothing that is secret.
    public var environment: [String]
    /// For the file system alone; more than `largestConfiguration` starts no session.
    public var configuration: [UInt8]
    public static let largestConfiguration = SessionOrder.limit
    /// How long it may take until it serves.
    public var startMilliseconds = 60_000
    /// How often it may die within a minute before nobody starts it any more.
    public var deathsBorne = 20
    /// What it has to say goes here.
    public var errors: Int32 = 2

    public init(
        _ words: [String], program: String? = nil, environment: [String] = [], configuration: [UInt8]
    ) {
        self.program = program
        self.words = words
        self.environment = environment
        self.configuration = configuration
    }
}
