public import Platform

/// Keeps the status file of a run current: written at once when a mount's state changes, and every second in between.
public final class StatusFile {
    private let folder: StateFolder
    private var states: [MountState] = []
    private var sinceWritten = Stopwatch()

    public init(in folder: StateFolder) {
        self.folder = folder
    }

    /// With the figures of this moment. A write that fails is no reason to stop; the last one tells of it.
    public func update(_ status: RunStatus) {
        let states = status.mounts.map(\.state)
        guard states != self.states || sinceWritten.seconds >= 1 else { return }
        self.states = states
        sinceWritten = Stopwatch()
        try? folder.write(status)
    }

    public func finish(_ status: RunStatus) throws(SystemError) {
        try folder.write(status)
    }
}
