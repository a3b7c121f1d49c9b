import JSON
import Platform

/// Looks at a task now and then while something else is waited for.
final class TaskWatch: Sendable {
    private static let interval = 500

    private let end: WakeUp
    private let ended = Semaphore()

    /// `watch` is called by a thread of its own, and not after `body` has returned.
    static func during<Result>(
        _ folder: TaskFolder, _ environment: Environment, _ watch: @escaping @Sendable ([JSONValue]) -> Void,
        _ body: () throws(MountError) -> Result
    ) throws(MountError) -> Result {
        let task: TaskWatch
        do throws(SystemError) {
            task = try TaskWatch()
        } catch {
            throw .unreachable("no descriptor can be had: \(error.description)", .systemRefused)
        }
        let client = SupervisorClient(folder, environment)
        let thread = MaskedThread.start(named: "watch") {
            while !DescriptorWait.untilReadable(task.end.descriptor, milliseconds: interval) {
                // Whoever does not answer now will answer what is waited for, or not.
                if let answer = try? client.ask(.status) { watch(answer.mounts) }
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
