import Executor
import Platform

/// Why the program ends without having done what it was asked to do, and what to do next where there is something.
struct Failure: Error, Equatable {
    var status: ExitStatus
    /// Absent when nobody is left to read it.
    var message: String?
    var hint: String?

    init(_ status: ExitStatus, _ message: String?, hint: String? = nil) {
        self.status = status
        self.message = message
        self.hint = hint
    }

    static func usage(_ message: String, hint: String? = nil) -> Failure {
        Failure(.usage, message, hint: hint)
    }

    init(_ error: MountError) {
        self.init(error.exitStatus, error.message, hint: error.hint)
    }

    static func of(_ body: () throws(MountError) -> Void) throws(Failure) {
        do throws(MountError) { try body() } catch { throw Failure(error) }
    }

    /// `provision: …` and, on a line of its own, the hint. What the user or the system wrote is made harmless here, so
    /// that nobody who makes a message has to think of it.
    var text: String {
        guard let message else { return "" }
        let hint = hint.map { "  hint: \($0.printable)\n" } ?? ""
        return "provision: \(message.printable)\n" + hint
    }
}
