import Foundation

/// A program that has been started and not been waited for yet. Whoever starts one waits for it.
public final class RunningProgram {
    /// Of the process, while it runs.
    public var id: Int32 { process }
    let process: pid_t
    private let streams: TemporaryFolder
    private var status: Int32?

    init(process: pid_t, streams: TemporaryFolder) {
        self.process = process
        self.streams = streams
    }

    deinit {
        guard status == nil else { return }
        kill(process, SIGKILL)
        var status: Int32 = 0
        waitpid(process, &status, 0)
    }

    public func signal(_ number: Int32) {
        if status == nil { kill(process, number) }
    }

    /// How it ended.
    public func wait() throws -> Finished {
        while status == nil { try look(WUNTRACED) }
        let status = status ?? 0
        let signal = status & 0x7F
        return Finished(
            status: signal == 0 ? (status >> 8) & 0xFF : 128 + signal,
            output: try streams.read("output"), errors: try streams.read("errors"))
    }

    /// The same, but ends it by force after this time, for a program that would hang if it were wrong.
    public func wait(seconds: Int) throws -> Finished {
        let end = ContinuousClock.now + .seconds(seconds)
        while try isRunning {
            if ContinuousClock.now > end { signal(SIGKILL) }
            usleep(1000)
        }
        return try wait()
    }

    public var isRunning: Bool {
        get throws {
            if status == nil { try look(WNOHANG) }
            return status == nil
        }
    }

    public var outputSoFar: String { (try? streams.read("output")) ?? "" }
    public var errorsSoFar: String { (try? streams.read("errors")) ?? "" }

    /// The most memory that it has had so far, in bytes, while it runs. What the kernel tells of a program that has ended begins
    /// with the peak of who started it.
    public var peakMemory: Int? {
        guard let status = try? String(contentsOfFile: "/proc/\(process)/status", encoding: .utf8),
            let line = status.firstRange(of: "VmHWM:")
        else {
            return nil
        }
        return Int(status[line.upperBound...].drop { !$0.isNumber }.prefix { $0.isNumber }).map { $0 << 10 }
    }

    /// Halts it as soon as `condition` holds; false when it ends before that.
    public func halt(when condition: () -> Bool) throws -> Bool {
        while try isRunning {
            guard condition() else {
                usleep(200)
                continue
            }
            signal(SIGSTOP)
            return try look(WUNTRACED)
        }
        return false
    }

    /// Lets it go on after a halt.
    public func resume() { signal(SIGCONT) }

    /// Notes its end; true when it has stopped instead.
    @discardableResult
    private func look(_ options: Int32) throws -> Bool {
        var found: Int32 = 0
        let result = waitpid(process, &found, options)
        guard result != -1 else {
            guard errno == EINTR else { throw ProgramFailure(what: "waitpid", code: errno) }
            return false
        }
        guard result == process else { return false }
        let hasStopped = found & 0xFF == 0x7F
        if !hasStopped { status = found }
        return hasStopped
    }
}
