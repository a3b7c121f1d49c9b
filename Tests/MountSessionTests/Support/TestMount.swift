import Glibc
import TestSupport
import Testing

/// The tree of `memory-mount`, really mounted. Nothing of it is left when the last reference goes, also when the test
/// fails.
final class TestMount {
    static let isPossible = access("/dev/fuse", R_OK | W_OK) == 0 && MountedFolder.isPossible
    static let absence: Comment = "mounting takes /dev/fuse and CAP_SYS_ADMIN"

    let path: String
    let keeper: RunningProgram
    private let folder: TemporaryFolder

    /// Mounts, and waits until the keeper says that it is ready, or that it is not.
    convenience init(_ settings: String...) throws {
        try self.init(in: try TemporaryFolder(), settings)
    }

    /// At a place of that name, perhaps where something is already.
    init(in folder: TemporaryFolder, at name: String = "mount", _ settings: [String] = []) throws {
        self.folder = folder
        path = folder.path(name)
        let program = Program.provision.split(separator: "/").dropLast().joined(separator: "/")
        keeper = try Program.start(["/\(program)/memory-mount", path] + settings)
        try waitFor("ready or failed") { said.contains("ready ") || said.contains("failed ") || !isKept }
    }

    deinit {
        keeper.signal(SIGKILL)
        _ = try? keeper.wait()
        while umount2(path, Int32(MNT_DETACH)) == 0 {}
    }

    // MARK: What the keeper says

    var said: String { keeper.outputSoFar }
    var isKept: Bool { (try? keeper.isRunning) ?? false }

    /// The processes that have served, in their order.
    var sessions: [Int32] {
        said.split(separator: "\n").compactMap { line in
            let words = line.split(separator: " ")
            return words.count == 2 && ["ready", "session"].contains(words[0]) ? Int32(words[1]) : nil
        }
    }

    /// How often another session has begun to serve.
    var revivals: Int { said.split(separator: "\n").count { $0.hasPrefix("revived") } }

    /// Asks the keeper to unmount, and waits until it has ended.
    func end() throws -> Finished {
        keeper.signal(SIGTERM)
        return try keeper.wait(seconds: 20)
    }

    // MARK: What programs see

    /// Whether anything at all is mounted there.
    var isMounted: Bool {
        let table = (try? TemporaryFolder.text(of: "/proc/self/mountinfo")) ?? ""
        return table.split(separator: "\n").contains { $0.split(separator: " ")[4] == path }
    }

    /// Runs a line of shell with the mount in `$M`, and another folder in `$T`; a hanging one is killed.
    func shell(_ line: String, in other: TemporaryFolder? = nil) throws -> Finished {
        try start(line, in: other).wait()
    }

    func start(_ line: String, in other: TemporaryFolder? = nil, seconds: Int = 120) throws -> RunningProgram {
        try Program.start(
            ["timeout", "-s", "KILL", String(seconds), "sh", "-c", line],
            environment: ["M": path, "T": other?.path ?? ""])
    }

    /// What a line prints.
    func output(_ line: String, in other: TemporaryFolder? = nil) throws -> String {
        let finished = try shell(line, in: other)
        #expect(finished.status == 0 && finished.errors == "", "\(line): \(finished)")
        return finished.output
    }
}

/// Looks again and again until it is so.
func waitFor(_ what: String, seconds: Int = 20, _ condition: () throws -> Bool) throws {
    let end = ContinuousClock.now + .seconds(seconds)
    while try !condition() {
        guard ContinuousClock.now < end else { throw NeverCame(what: what) }
        usleep(5000)
    }
}

struct NeverCame: Error {
    let what: String
}
