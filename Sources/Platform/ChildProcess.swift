import CShims
import Glibc

/// Runs a short program of the operator's and reads what it prints. It blocks: call it on a `BlockingPool`.
///
/// The program gets /dev/null as standard input, default signals, a process group of its own, and no descriptor of ours.
/// It is started with posix_spawn: a process that has threads must not fork and go on in Swift.
public struct ChildProcess: Sendable {
    public var words: [String]
    /// `NAME=VALUE` lines.
    public var environment: [String]
    public var timeoutMilliseconds = 60_000
    /// Of standard output; of standard error the beginning is kept.
    public var outputLimit = 64 << 10

    public init(_ words: [String], environment: Environment) {
        self.words = words
        self.environment = environment.lines
    }

    public struct Outcome: Sendable, Equatable {
        /// 128+n when signal n ended it, as shells say.
        public var status: Int32
        public var output: [UInt8]
        public var errors: [UInt8]
    }

    public enum Failure: Error, Sendable, Equatable {
        case cannotStart(SystemError)
        case timedOut(errors: [UInt8])
        case tooMuchOutput
        case cancelled
    }

    public func run(_ cancellation: Cancellation = Cancellation()) throws(Failure) -> Outcome {
        let output: Pipe
        let errors: Pipe
        do throws(SystemError) {
            output = try Pipe()
            errors = try Pipe()
        } catch {
            throw .cannotStart(error)
        }
        let process = try start(output, errors)
        output.closeWriting()
        errors.closeWriting()
        let deadline = Stopwatch()
        var texts: [[UInt8]] = [[], []]
        var isOpen = [true, true]
        while true {
            let status = Self.status(of: process)
            drain([output, errors], &texts, &isOpen, milliseconds: status == nil ? 20 : 0)
            if texts[0].count > outputLimit {
                Self.end(process, hasEnded: status != nil)
                throw .tooMuchOutput
            }
            // Whoever has inherited the pipes from it, such as a daemon that it started, is not waited for.
            if let status { return Outcome(status: status, output: texts[0], errors: texts[1]) }
            if cancellation.isCancelled || deadline.seconds * 1000 > Double(timeoutMilliseconds) {
                Self.end(process, hasEnded: false)
                throw cancellation.isCancelled ? .cancelled : .timedOut(errors: texts[1])
            }
        }
    }

    // MARK: Start and end

    private func start(_ output: Pipe, _ errors: Pipe) throws(Failure) -> pid_t {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0)
        posix_spawn_file_actions_adddup2(&actions, output.writing, STDOUT_FILENO)
        posix_spawn_file_actions_adddup2(&actions, errors.writing, STDERR_FILENO)
        // Our caller may have left us descriptors that know nothing of ending here.
        shim_spawn_closes_from(&actions, STDERR_FILENO + 1)

        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        var signals = sigset_t()
        sigemptyset(&signals)
        posix_spawnattr_setsigmask(&attributes, &signals)
        sigfillset(&signals)
        posix_spawnattr_setsigdefault(&attributes, &signals)
        posix_spawnattr_setpgroup(&attributes, 0)
        let flags = POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETPGROUP
        posix_spawnattr_setflags(&attributes, Int16(flags))

        var arguments: [UnsafeMutablePointer<CChar>?] = words.map { strdup($0) } + [nil]
        var variables: [UnsafeMutablePointer<CChar>?] = environment.map { strdup($0) } + [nil]
        defer { (arguments + variables).forEach { free($0) } }
        var process: pid_t = 0
        guard let program = words.first else { throw .cannotStart(.notThere) }
        let failure = posix_spawnp(&process, program, &actions, &attributes, &arguments, &variables)
        guard failure == 0 else { throw .cannotStart(SystemError(code: failure)) }
        return process
    }

    /// Nothing while it runs.
    private static func status(of process: pid_t) -> Int32? {
        var status: Int32 = 0
        let result = waitpid(process, &status, WNOHANG)
        if result == 0 || result == -1 && errno == EINTR { return nil }
        // Somebody else has waited for it, so that nobody knows any more how it ended.
        guard result == process else { return 255 }
        let signal = status & 0x7F
        return signal == 0 ? (status >> 8) & 0xFF : 128 + signal
    }

    /// With all that it has started, as far as that stayed in its group.
    private static func end(_ process: pid_t, hasEnded: Bool) {
        kill(-process, SIGKILL)
        guard !hasEnded else { return }
        var status: Int32 = 0
        while waitpid(process, &status, 0) == -1 && errno == EINTR {}
    }

    // MARK: What it prints

    private func drain(_ pipes: [Pipe], _ texts: inout [[UInt8]], _ isOpen: inout [Bool], milliseconds: Int32) {
        var chunk = [UInt8](repeating: 0, count: 16 << 10)
        var waits = milliseconds
        // More than a pipe holds; one that never stops talking shall not keep us from looking at the clock.
        for _ in 0..<16 {
            var polls = pipes.indices.map {
                pollfd(fd: isOpen[$0] ? pipes[$0].reading : -1, events: Int16(POLLIN), revents: 0)
            }
            guard poll(&polls, nfds_t(polls.count), waits) > 0 else { return }
            for index in pipes.indices where polls[index].revents != 0 {
                let count = read(pipes[index].reading, &chunk, chunk.count)
                if count > 0 {
                    // One byte more than the limit says that there was more.
                    texts[index] += chunk[..<min(count, max(0, outputLimit + 1 - texts[index].count))]
                } else if count == 0 || errno != EINTR {
                    isOpen[index] = false
                }
            }
            if texts[0].count > outputLimit { return }
            waits = 0
        }
    }
}

/// Both ends of a pipe, which no other program inherits.
private final class Pipe {
    let reading: Int32
    private(set) var writing: Int32

    init() throws(SystemError) {
        var ends: [Int32] = [-1, -1]
        try SystemError.check { shim_pipe(&ends) }
        (reading, writing) = (ends[0], ends[1])
    }

    func closeWriting() {
        close(writing)
        writing = -1
    }

    deinit {
        close(reading)
        if writing >= 0 { close(writing) }
    }
}
