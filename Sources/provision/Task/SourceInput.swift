import Plan
import Platform
import TaskFile

/// Sources that are operands: read as the source of an entry in its short form, so that they mean the same as there, with the
/// same providers, endpoints and checks.
struct SourceInput {
    private let input: TaskInput

    init(_ invocation: Invocation) {
        input = TaskInput(invocation)
    }

    /// The entry that a task with this source would have.
    func mount(of text: String) throws(Failure) -> Result<Mount, AskingProblem> {
        var problems: [Diagnostic] = []
        let context = try input.context(home: try machine().home, &problems)
        let file = TaskFile.read(SourceText.task(with: text), file: text, context: context)
        let errors = (problems + file.diagnostics).filter { $0.severity == .error }
        let status = errors.exitStatus
        // What decides the exit status is what is told.
        if let error = errors.first(where: { $0.code.exitStatus == status }) { return .failure(AskingProblem(error)) }
        guard let mount = file.tasks.first?.mounts.first else {
            return .failure(AskingProblem(code: "bad-value", message: "this is no source", exitStatus: .usage))
        }
        return .success(mount)
    }

    func machine() throws(Failure) -> Machine { try input.machine() }
    func stores() throws(Failure) -> CloudStores { try input.stores() }
}
