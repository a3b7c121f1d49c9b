import Platform
import Synchronization

/// A run that needs mounts as long as its COMMAND runs, as the supervisor knows it.
final class CommandUser: Sendable {
    private struct State {
        /// What it has been given, also when that has gone since.
        var mounts: [SupervisedMount] = []
        var hasEnded = false
        var deadline: Deadline?
        /// It will wait so many milliseconds at most, as it has said before it began.
        var haste: Int?
    }

    let name: String
    /// Of the run, for people.
    let process: Int
    /// How long it would wait until everything is saved, in milliseconds.
    let limit: Int?
    private let state = Mutex(State())

    init(_ name: String, process: Int, limit: Int?) {
        self.name = name
        self.process = process
        self.limit = limit
    }

    var holder: MountHolder { .command(name) }

    /// False when it has ended meanwhile, and nobody is left who would give it back.
    func add(_ mount: SupervisedMount) -> Bool {
        state.withLock { state in
            if !state.hasEnded, !state.mounts.contains(where: { $0 === mount }) { state.mounts.append(mount) }
            return !state.hasEnded
        }
    }

    /// What is mounted inside of other mounts first.
    var mounts: [SupervisedMount] {
        state.withLock { $0.mounts }.sorted { $0.request.path > $1.request.path }
    }

    /// Returns what it had.
    func end() -> [SupervisedMount] {
        defer { state.withLock { $0.mounts = [] } }
        state.withLock { $0.hasEnded = true }
        return mounts
    }

    /// It begins to wait until everything is saved.
    func begin(waiting deadline: Deadline) {
        let haste = state.withLock { state in
            state.deadline = deadline
            return state.haste
        }
        if let haste { deadline.bringForward(milliseconds: haste) }
    }

    /// It will not wait for long any more.
    func hurry(milliseconds: Int) {
        let deadline = state.withLock { state in
            state.haste = milliseconds
            return state.deadline
        }
        deadline?.bringForward(milliseconds: milliseconds)
    }
}

/// Who wants a mount to be there.
enum MountHolder: Hashable, Sendable {
    /// A run without COMMAND: it stays until it is taken down.
    case task
    /// A run with COMMAND, by its name.
    case command(String)
}
