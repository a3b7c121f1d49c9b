import Glibc
import Platform

/// A file that appears whole or not at all.
struct NewFile {
    private let path: String
    private let isReplacing: Bool

    init(_ path: String, replacing: Bool) {
        self.path = path
        isReplacing = replacing
    }

    func write(_ text: String) throws(Failure) {
        guard isReplacing else {
            // O_EXCL leaves to the kernel who is first, and never follows a link.
            return try create(path, text)
        }
        let temporary = "\(path).\(getpid()).tmp"
        try create(temporary, text)
        guard rename(temporary, path) == 0 else {
            let reason = errno
            unlink(temporary)
            throw refused(reason)
        }
    }

    private func create(_ name: String, _ text: String) throws(Failure) {
        let descriptor = open(name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o666)
        guard descriptor >= 0 else { throw refused(errno) }
        var text = text
        var failed = text.withUTF8 { writeAll(UnsafeRawBufferPointer($0), to: descriptor) }
        if close(descriptor) != 0, errno != EINTR { failed = failed ?? errno }
        if let failed {
            unlink(name)
            throw Failure(.inputOutput, "\(path) cannot be written: \(String(cString: strerror(failed)))")
        }
    }

    private func refused(_ reason: Int32) -> Failure {
        let hint = reason == EEXIST ? "name another file, or replace it with \(Option.force.flag)" : nil
        return Failure(.badDestination, "\(path) cannot be made: \(String(cString: strerror(reason)))", hint: hint)
    }
}
