import CShims
import Glibc

/// Runs a short program of the operator's and reads what it prints. It blocks: call it on a `BlockingPool`.
///
/// The program gets /dev/null as standard input and a process group of its own.
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
            let status = ProcessEnd.of(process, waiting: false)?.status
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
        do throws(SystemError) {
            let nothing = try OwnedDescriptor.open("/dev/null", FileFlags.read)
            let start = ProgramStart(
                words, environment: environment, descriptors: [nothing.raw, output.writing, errors.writing],
                group: .processGroup)
            return try start.start()
        } catch {
            throw .cannotStart(error)
        }
    }

    /// With all that it has started, as far as that stayed in its group.
    private static func end(_ process: pid_t, hasEnded: Bool) {
        kill(-process, SIGKILL)
        if !hasEnded { _ = ProcessEnd.of(process, waiting: true) }
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
