import CShims
import Glibc

/// Starts a program: with posix_spawn, since a process that has threads must not fork and go on in Swift.
///
/// The program gets default signals, none of them blocked, and of our descriptors those that it is given, no others.
public struct ProgramStart: Sendable {
    /// What it is apart from us in, so that a signal to one does not reach the other.
    public enum Group: Sendable {
        case processGroup
        /// Away from the terminal as well.
        case session
    }

    /// Where it is; looked for in PATH without a slash.
    public var program: String?
    /// Its name, which everybody sees, and its arguments.
    public var words: [String]
    /// `NAME=VALUE` lines; nothing: ours as it is, byte by byte.
    public var environment: [String]?
    /// Which of ours it gets as its 0, 1, 2 and so on. A standard stream that our caller has closed is closed for it, too.
    public var descriptors: [Int32]
    public var group: Group

    /// Without `program` the first word says which it is.
    public init(
        _ words: [String], program: String? = nil, environment: [String]?, descriptors: [Int32], group: Group
    ) {
        self.program = program
        self.words = words
        self.environment = environment
        self.descriptors = descriptors
        self.group = group
    }

    /// The process, for which the caller has to wait.
    public func start() throws(SystemError) -> Int32 {
        guard let program = program ?? words.first else { throw .notThere }
        // From numbers that are in nobody's way: theirs are taken one after the other.
        var ours: [Int32] = []
        defer { ours.forEach { close($0) } }
        for descriptor in descriptors {
            ours.append(try SystemError.check { fcntl(descriptor, F_DUPFD_CLOEXEC, Int32(descriptors.count)) })
        }
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        for (theirs, ours) in ours.enumerated() where !StandardStream.isMissing(descriptors[theirs]) {
            posix_spawn_file_actions_adddup2(&actions, ours, Int32(theirs))
        }
        // Our caller may have left us descriptors that know nothing of ending here.
        shim_spawn_closes_from(&actions, Int32(descriptors.count))

        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        var signals = sigset_t()
        sigemptyset(&signals)
        posix_spawnattr_setsigmask(&attributes, &signals)
        sigfillset(&signals)
        posix_spawnattr_setsigdefault(&attributes, &signals)
        posix_spawnattr_setpgroup(&attributes, 0)
        let apart: Int32 =
            switch group {
            case .processGroup: POSIX_SPAWN_SETPGROUP
            case .session: shim_spawn_session
            }
        posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | apart))

        var arguments: [UnsafeMutablePointer<CChar>?] = words.map { strdup($0) } + [nil]
        var variables: [UnsafeMutablePointer<CChar>?] = (environment ?? []).map { strdup($0) } + [nil]
        defer { (arguments + variables).forEach { free($0) } }
        var process: pid_t = 0
        let failure =
            environment == nil
            ? posix_spawnp(&process, program, &actions, &attributes, &arguments, environ)
            : posix_spawnp(&process, program, &actions, &attributes, &arguments, &variables)
        guard failure == 0 else { throw SystemError(code: failure) }
        return process
    }
}
