import Glibc
import Platform

/// The session's end of the pipe to its keeper. Nobody who serves a program waits here: what finds the pipe full is
/// dropped, since a keeper that does not read would else keep programs waiting.
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
        _ = trySending(report)
    }

    /// False when there is no room.
    func trySending(_ report: SessionReport) -> Bool { trySending(report.bytes) }

    /// Waits for room, on a thread that has nothing else to do.
    func sendPatiently(_ report: SessionReport) {
        let bytes = report.bytes
        while !trySending(bytes) { DescriptorWait.untilWritable(pipe.raw) }
    }

    /// A keeper that has gone hears nothing any more.
    private func trySending(_ bytes: [UInt8]) -> Bool {
        write(pipe.raw, bytes, bytes.count) >= 0 || ![EAGAIN, EINTR].contains(errno)
    }
}
