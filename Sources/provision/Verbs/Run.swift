import Platform

/// `provision TASK.yaml`: the task's mounts, and COMMAND if there is one.
enum Run {
    static func perform(_ invocation: Invocation) throws(Failure) -> ExitStatus {
        throw .notBuilt(invocation.verb)
    }
}
