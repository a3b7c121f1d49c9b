import Glibc
public import Platform
import Synchronization

/// A run that needs its mounts until its COMMAND has ended: a connection to the supervisor, over which they are given back.
/// When this process dies the connection ends, and the supervisor sees to the mounts by itself.
public final class MountUser: Sendable {
    let name: String
    private let client: SupervisorClient
    private let limit: TimeSpan?
    private let connection = Mutex<LocalConnection?>(nil)
    /// To where its mounts are, unless everybody sees them.
    private let openDoors = Mutex<OwnNamespaces.Doors?>(nil)

    /// `limit`: how long the last uploads may take. `apart`: a supervisor that is started for it mounts in namespaces of its own.
    public init(_ folder: TaskFolder, _ environment: Environment, limit: TimeSpan?, apart: Bool = false) {
        name = "\(getpid())-\(UInt64.random(in: 0...UInt64.max))"
        client = SupervisorClient(folder, environment, startsApart: apart)
        self.limit = limit
    }

    public var folder: TaskFolder { client.folder }

    /// Whether a supervisor knows of it.
    var hasBegun: Bool { connection.withLock { $0 != nil } }

    /// For COMMAND to join; nothing where it sees what is mounted as it is.
    public var doors: OwnNamespaces.Doors? { openDoors.withLock { $0 } }

    /// With the first mount.
    func begin(isGivenUp: () -> Bool) throws(MountError) {
        try connection.withLock { connection throws(MountError) in
            guard connection == nil else { return }
            var latest: LocalConnection?
            let answer = try client.askStarting(
                .use(name, process: Int(getpid()), limit: limit?.milliseconds), connected: { latest = $0 },
                isGivenUp: isGivenUp)
            if let error = answer.error { throw error }
            openDoors.withLock { $0 = answer.doors }
            connection = latest
        }
    }

    /// COMMAND runs, as this process. It ends with ours, and what it has started with it.
    public func note(command: Int32) {
        guard let connection = connection.withLock({ $0 }) else { return }
        // A supervisor that has died is found out at the end.
        _ = try? client.ask(.command(Int(command)), on: connection)
    }

    /// Returns when what was written is in the bucket, or why not; and what nobody else needs is unmounted. Nothing when the
    /// supervisor has died.
    func release(limit: Int?) throws(MountError) -> ControlAnswer? {
        guard let connection = connection.withLock({ $0 }) else { return nil }
        return try client.ask(.release(limit: limit), on: connection)
    }

    /// Whoever waits for that waits no longer than this.
    func hurry(milliseconds: Int) {
        _ = try? client.ask(.hurry(name, limit: milliseconds))
    }
}
