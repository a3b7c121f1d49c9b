import Executor
import Plan
import Platform
import TaskFile

/// The tasks that `status`, `down` and `flush` are about: the named one, those of a task file, of which only the names
/// are read, or all of the state folder.
struct TaskChoice {
    let folders: [TaskFolder]
    /// One was asked for, and one is shown.
    let isSingle: Bool

    init(_ invocation: Invocation) throws(Failure) {
        let input = TaskInput(invocation)
        let state = StateFolder(at: try input.machine().state)
        let names: [String]
        if let operand = invocation.operands.first {
            names = operand.isTaskFileName ? try input.names() : [operand]
        } else if let task = invocation.settings.task {
            names = [task]
        } else {
            folders = state.tasks
            isSingle = false
            return
        }
        folders = names.map { TaskFolder(state, task: $0) }
        isSingle = folders.count == 1
    }
}
