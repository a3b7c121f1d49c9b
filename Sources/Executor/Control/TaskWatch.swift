public import JSON
import Platform

/// Who watches a task while something else is waited for.
public struct TaskWatcher: Sendable {
    /// Called now and then with the status of the mounts.
    let look: @Sendable ([JSONValue]) -> Void
    /// Called with what happens to them, if that is wanted.
    let take: (@Sendable (JSONValue) -> Void)?

    public init(
        look: @escaping @Sendable ([JSONValue]) -> Void, take: (@Sendable (JSONValue) -> Void)? = nil
    ) {
        self.look = look
        self.take = take
    }
}

/// Looks at a task now and then while something else is waited for.
final class TaskWatch: Sendable {
    private static let interval = 500

    private let end: WakeUp
    private let ended = Semaphore()

    /// `watcher` is called by threads of its own, and not after `body` has returned.
    static func during<Result>(
        _ folder: TaskFolder, _ environment: Environment, _ watcher: TaskWatcher,
        _ body: () throws(MountError) -> Result
    ) throws(MountError) -> Result {
        let task: TaskWatch
        do throws(SystemError) {
            task = try TaskWatch()
        } catch {
            throw .unreachable("no descriptor can be had: \(error.description)", .systemRefused)
        }
        let following = watcher.take.flatMap { TaskFollowing(folder, environment, $0) }
        defer { following?.end() }
        let client = SupervisorClient(folder, environment)
        let thread = MaskedThread.start(named: "watch") {
            while !DescriptorWait.untilReadable(task.end.descriptor, milliseconds: interval) {
                // Whoever does not answer now will answer what is waited for, or not.
                if let answer = try? client.ask(.status) { watcher.look(answer.mounts) }
            }
            task.ended.signal()
        }
        defer {
            task.end.signal()
            if thread != nil { task.ended.wait() }
        }
        return try body()
    }

    private init() throws(SystemError) {
        end = try WakeUp()
    }
}
