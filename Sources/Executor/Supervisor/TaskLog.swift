import Platform

/// Lines for the task's log, which is the standard error of supervisor and sessions.
struct TaskLog: Sendable {
    /// Which mount it is about.
    let subject: String

    init(_ subject: String) {
        self.subject = subject
    }

    /// A log that cannot be written is no reason to stop.
    func write(_ text: String) {
        try? StandardStream.error.write("\(Timestamp.now().text) \(subject.printable): \(text.printable)\n")
    }
}
