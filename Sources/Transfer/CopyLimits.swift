public import Platform

/// The ceilings of a copy, and what it is told for all of its items.
public struct CopyLimits: Sendable {
    /// Threads that wait for disks.
    public var threads: Int
    /// Requests to a store at once.
    public var requests: Int
    /// Objects larger than two of them come in parts of this size.
    public var partSize: Int
    /// Shared by all copies of a task: as much is done at once.
    public var gate: Gate
    /// Shared by all as well: what buffers are taken from.
    public var memory: MemoryBudget
    /// Objects of this size and more are written past the page cache where that is possible: smaller ones find room in it,
    /// and whoever needs the file next finds it there.
    public var directFrom = 256 << 20
    /// When a part is asked for a second time.
    var stragglers = Stragglers.Limits()
    /// Of this process: what is still free of the processors limits how many requests there are at once.
    var processorTime: @Sendable () -> ProcessorTime = { .now }
    /// Files from before it may have lost bytes.
    var machineStart = MachineStart.time
    /// What is in place is copied again.
    public var isForced: Bool

    public static let defaultPartSize = 8 << 20
    public static let defaultMemory = 256 << 20

    public init(
        threads: Int, requests: Int = 256, partSize: Int = defaultPartSize, gate: Gate = Gate(256),
        memory: MemoryBudget = MemoryBudget(defaultMemory), isForced: Bool = false
    ) {
        self.gate = gate
        self.memory = memory
        self.threads = threads
        self.requests = requests
        self.partSize = partSize
        self.isForced = isForced
    }
}
