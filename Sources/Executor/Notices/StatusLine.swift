/// What a service manager shows of a task, in one line.
enum StatusLine {
    static func provisioning(_ status: RunStatus) -> String {
        let there = status.mounts.count { [.copied, .mounted].contains($0.state) }
        return "\(status.task): \(there) of \(counted(status.mounts.count, "mount")) ready"
    }

    static func ready(_ status: RunStatus, forCommand: Bool) -> String {
        "\(status.task): \(counted(status.mounts.count, "mount")) ready" + (forCommand ? ", COMMAND runs" : "")
    }

    static func draining(_ pending: Int) -> String {
        pending == 0 ? "unmounting" : "\(counted(pending, "file")) not in the bucket yet"
    }

    /// What a run has come to.
    static func end(_ status: RunStatus) -> String {
        guard status.exitCode != 0 else { return "\(status.task): done" }
        let failed = status.mounts.first { $0.error != nil }
        let reason = failed.map { "\($0.destination): \($0.error?.message ?? "")" } ?? "exit status \(status.exitCode)"
        return "\(status.task): \(reason)"
    }

    private static func counted(_ count: Int, _ word: String) -> String { "\(count) \(word)\(count == 1 ? "" : "s")" }
}
