import Platform
import TaskFile

/// Lines for the task's log, which is the standard error of supervisor and sessions.
struct TaskLog: Sendable {
    /// Which mount it is about.
    let subject: String
    private let secrets: SecretValues?

    init(_ subject: String, without secrets: SecretValues? = nil) {
        self.subject = subject
        self.secrets = secrets
    }

    /// A log that cannot be written is no reason to stop.
    func write(_ text: String) {
        let line = "\(Timestamp.now().text) \(subject.printable): \(text.printable)\n"
        try? StandardStream.error.write(secrets?.removed(from: line) ?? line)
    }
}
