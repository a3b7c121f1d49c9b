import Glibc
import JSON
public import Platform

/// Speaks with the supervisor of a task, and starts it where there is none.
public struct SupervisorClient: Sendable {
    public let folder: TaskFolder
    private let environment: Environment
    /// One that it starts mounts in namespaces of its own.
    private let startsApart: Bool

    /// Of answers, which show every mount of a task.
    private static let longestAnswer = 64 << 20
    /// One that is just ending is waited for, and so is one that is just beginning.
    private static let patience = 30_000

    public init(_ folder: TaskFolder, _ environment: Environment, startsApart: Bool = false) {
        self.folder = folder
        self.environment = environment
        self.startsApart = startsApart
    }

    // MARK: Whoever is there

    /// Nothing when no supervisor is there. `connected` gets the connection, for whoever wants to give up.
    func ask(
        _ request: ControlRequest, passing descriptors: [Int32] = [],
        connected: (LocalConnection) -> Void = { _ in }
    ) throws(MountError) -> ControlAnswer? {
        guard let connection = try connect() else { return nil }
        connected(connection)
        return try ask(request, passing: descriptors, on: connection)
    }

    /// Nothing when no supervisor is there.
    func connect() throws(MountError) -> LocalConnection? {
        do throws(SystemError) {
            let connection = try LocalConnection(to: folder.socket(environment))
            guard try connection.peer() == geteuid() else { throw SystemError(code: EACCES) }
            return connection
        } catch {
            guard [ENOENT, ECONNREFUSED, ENOTDIR].contains(error.code) else {
                throw .unreachable("the supervisor cannot be reached: \(error.description)")
            }
            return nil
        }
    }

    /// Nothing when whoever was there has gone.
    func ask(
        _ request: ControlRequest, passing passed: [Int32] = [], on connection: LocalConnection
    ) throws(MountError) -> ControlAnswer? {
        var descriptors: [SharedDescriptor] = []
        guard connection.write(line: request.json.compact, with: passed),
            let line = connection.readLine(limit: Self.longestAnswer, &descriptors)
        else { return nil }
        guard var answer = (try? JSONValue(reading: line)).flatMap(ControlAnswer.init) else {
            throw .unreachable("the supervisor's answer cannot be read")
        }
        if descriptors.count == 2 { answer.doors = .init(users: descriptors[0], mounts: descriptors[1]) }
        return answer
    }

    // MARK: Mounting

    /// Asks the supervisor, started where there is none. `isGivenUp` is asked between tries.
    func askStarting(
        _ request: ControlRequest, passing descriptors: [Int32] = [], connected: (LocalConnection) -> Void,
        isGivenUp: () -> Bool
    ) throws(MountError) -> ControlAnswer {
        let end = MonotonicTime.milliseconds + Self.patience
        var hasStarted = false
        while !isGivenUp() {
            if let answer = try ask(request, passing: descriptors, connected: connected) { return answer }
            guard !isGivenUp() else { break }
            switch start() {
            case .ready: hasStarted = true
            case .taken: Threads.sleep(milliseconds: 20)
            case .failed(let reason): throw .unreachable("the supervisor does not start: \(reason)", .systemRefused)
            case nil:
                throw .unreachable(
                    "the supervisor has ended while it started; \(folder.path)/log may say why", .systemRefused)
            }
            guard MonotonicTime.milliseconds < end else {
                throw .unreachable("the supervisor of `\(folder.task)` does not answer")
            }
        }
        // One to which nobody ever connects would wait for a while before it ends.
        if hasStarted { _ = try? LocalConnection(to: folder.socket(environment)) }
        throw .interrupted
    }

    private func start() -> SupervisorProcess.Announcement? {
        do {
            let log = try folder.openLog()
            let nothing = try OwnedDescriptor.open("/dev/null", FileFlags.read)
            let announcement = try Pipe()
            // What the supervisor is to know comes over the socket, whose folder alone it takes from here, and where programs are.
            let variables = ["XDG_RUNTIME_DIR", "PATH"].compactMap { name in
                environment.nonEmpty(name).map { "\(name)=\($0)" }
            }
            let process = try ProgramStart(
                ["provision", SupervisorProcess.word, folder.state.path, folder.name]
                    + (startsApart ? [SupervisorProcess.apart] : []), program: "/proc/self/exe",
                environment: variables, descriptors: [nothing.raw, log.raw, log.raw, announcement.writing],
                group: .session
            ).start()
            announcement.closeWriting()
            let text = try FileReading.bytes(from: announcement.reading, limit: 64 << 10)
            let said = SupervisorProcess.Announcement(String(decoding: text, as: UTF8.self))
            // One that lives outlives us; the others have ended.
            if said != .ready { _ = ProcessEnd.of(process, waiting: true) }
            return said
        } catch let failure as TrustedPath.Failure {
            return .failed(failure.reason)
        } catch let error as SystemError {
            return .failed(error.description)
        } catch {
            return .failed("it cannot start")
        }
    }
}

extension MountError {
    static func unreachable(_ message: String, _ status: ExitStatus = .temporary) -> MountError {
        MountError(
            code: "supervisor", message: message, hint: nil, isRetryable: status == .temporary, exitStatus: status)
    }

    static let interrupted = MountError(
        code: "interrupted", message: "the run has ended before it was mounted", hint: nil, isRetryable: true,
        exitStatus: .temporary)
}
