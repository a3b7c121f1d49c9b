import Glibc
import Platform

/// The session's end of the pipe to its keeper. Nobody waits here: what finds the pipe full is dropped, since a keeper that
/// does not read would else keep programs waiting.
final class ReportPipe: Sendable {
    private let pipe: OwnedDescriptor

    /// The number that it comes under must not come to mean another file, which somebody who prints would write to.
    init() throws(SystemError) {
        let raw = try SystemError.check { fcntl(SessionDescriptors.reports, F_DUPFD_CLOEXEC, 0) }
        pipe = OwnedDescriptor(owning: raw)
        try SystemError.check { fcntl(raw, F_SETFL, O_WRONLY | O_NONBLOCK) }
        let nothing = try OwnedDescriptor.open("/dev/null", FileFlags.write)
        try SystemError.check { dup2(nothing.raw, SessionDescriptors.reports) }
    }

    /// Whole or not at all: it is no longer than what a pipe takes at once.
    func send(_ report: SessionReport) {
        let bytes = report.bytes
        _ = write(pipe.raw, bytes, bytes.count)
    }
}
