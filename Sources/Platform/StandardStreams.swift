import CShims
import Glibc

/// One of the three descriptors that every process is born with, written to directly: nothing is held back in a buffer
/// that an early end would lose.
public struct StandardStream: Sendable {
    private let descriptor: Int32

    public static let input = StandardStream(descriptor: STDIN_FILENO)
    /// Results, and nothing else.
    public static let output = StandardStream(descriptor: STDOUT_FILENO)
    /// Everything that is not a result.
    public static let error = StandardStream(descriptor: STDERR_FILENO)

    public struct Failure: Error, Equatable {
        public let errno: Int32

        /// Whoever read the other end has gone, as `head` does: nobody is left to be told.
        public var isReaderGone: Bool { errno == EPIPE }
        public var reason: String { String(cString: strerror(errno)) }
    }

    public var isTerminal: Bool { isatty(descriptor) == 1 }

    /// Of the terminal; nothing where there is none, or it does not know.
    public var columns: Int? {
        let columns = Int(shim_terminal_columns(descriptor))
        return columns > 0 ? columns : nil
    }

    /// To be called before anything is opened. A descriptor that the caller closed is taken here, in the direction that
    /// makes its use fail: else the next file to be opened would get its number, and our messages with it. Programs that we start still find
    /// it closed, as the caller wanted.
    public static func prepare() {
        signal(SIGPIPE, SIG_IGN)
        for (descriptor, uselessDirection) in [
            (STDIN_FILENO, O_WRONLY), (STDOUT_FILENO, O_RDONLY), (STDERR_FILENO, O_RDONLY),
        ] where fcntl(descriptor, F_GETFD) == -1 {
            // The lowest free number is the missing one, because those below it were filled before.
            _ = open("/dev/null", uselessDirection | O_CLOEXEC)
        }
    }

    /// Whether this is the place of a stream that the caller has closed: what we open ourselves has higher numbers.
    static func isMissing(_ descriptor: Int32) -> Bool {
        descriptor <= STDERR_FILENO && fcntl(descriptor, F_GETFD) & FD_CLOEXEC != 0
    }

    /// Lets go of what we have to do with standard input and output, for as long as another program has them: whoever is at
    /// the other end sees when that closes them, if there is something else for us to have.
    public static func leaveInputAndOutput() {
        guard let nothing = try? OwnedDescriptor.open("/dev/null", O_RDWR) else { return }
        for stream in [STDIN_FILENO, STDOUT_FILENO] { dup2(nothing.raw, stream) }
    }

    public func write(_ text: String) throws(Failure) {
        var text = text
        let failed: Int32? = text.withUTF8 { bytes in writeAll(UnsafeRawBufferPointer(bytes), to: descriptor) }
        if let failed { throw Failure(errno: failed) }
    }

    /// Some file systems report only here that what was written did not fit.
    public func close() throws(Failure) {
        guard Glibc.close(descriptor) == 0 || errno == EINTR else { throw Failure(errno: errno) }
    }
}

/// Writes every byte, however often the system interrupts or takes only some; the `errno` of what stopped it, if anything.
public func writeAll(_ bytes: UnsafeRawBufferPointer, to descriptor: Int32) -> Int32? {
    var rest = bytes
    while !rest.isEmpty {
        let count = Glibc.write(descriptor, rest.baseAddress, rest.count)
        if count >= 0 {
            rest = UnsafeRawBufferPointer(rebasing: rest[count...])
        } else if errno == EAGAIN {
            // A pipe that somebody else made non-blocking: wait until it takes more.
            var request = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
            if poll(&request, 1, -1) == -1, errno != EINTR { return errno }
        } else if errno != EINTR {
            return errno
        }
    }
    return nil
}
