import CShims
import Glibc

/// A server that runs beside the tests, as long as they do, with all its processes and its folder.
///
/// However the tests end, also by a crash, a guard notices, since the pipe from them closes: it kills the server's whole
/// process group and removes the folder. Nobody needs to stop a server.
public final class ServerProcess: Sendable {
    public let folder: String
    private let leader: pid_t
    /// Held open for the guard's sake.
    private let lifeline: Int32

    /// Starts a script of the shell, in a process group and a folder of its own; what it prints is in `log` there.
    public init(_ script: String, in folder: TemporaryFolder) throws {
        self.folder = folder.path
        try folder.write(script, to: "start.sh")
        let nothing = open("/dev/null", O_RDONLY | O_CLOEXEC)
        defer { close(nothing) }
        leader = try Self.start(
            ["sh", folder.path("start.sh")], input: nothing, output: folder.path("log"), home: folder.path)

        var pipe: [Int32] = [0, 0]
        guard Glibc.pipe(&pipe) == 0 else { throw ProgramFailure(what: "pipe", code: errno) }
        for end in pipe { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        defer { close(pipe[0]) }
        lifeline = pipe[1]
        let guarding = "cat >/dev/null; kill -s KILL -- -\(leader); sleep 0.2; rm -rf '\(folder.path)'"
        _ = try Self.start(
            ["sh", "-c", guarding], input: pipe[0], output: "/dev/null", home: folder.path)
        // The folder is the guard's from here on.
        _ = Unmanaged.passRetained(folder)
    }

    /// Ends it at once, for a server that does not become ready.
    public func kill() {
        Glibc.kill(-leader, SIGKILL)
        close(lifeline)
    }

    public var isRunning: Bool {
        var status: Int32 = 0
        return waitpid(leader, &status, WNOHANG) == 0
    }

    /// The end of what it said, for messages.
    public var log: String {
        guard let file = fopen(folder + "/log", "r") else { return "" }
        defer { fclose(file) }
        var text: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 4096)
        while case let count = fread(&chunk, 1, chunk.count, file), count > 0 { text += chunk[..<count] }
        return String(decoding: text.suffix(1500), as: UTF8.self)
    }

    private static func start(
        _ words: [String], input: Int32, output: String, home: String
    ) throws -> pid_t {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_adddup2(&actions, input, STDIN_FILENO)
        posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, output, O_WRONLY | O_CREAT | O_APPEND, 0o600)
        posix_spawn_file_actions_adddup2(&actions, STDOUT_FILENO, STDERR_FILENO)
        // What tests have open at this moment is theirs: a pipe that a server holds as well never ends.
        _ = shim_spawn_closes_from(&actions, STDERR_FILENO + 1)
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETPGROUP))
        posix_spawnattr_setpgroup(&attributes, 0)

        let path = getenv("PATH").map { String(cString: $0) } ?? "/usr/sbin:/usr/bin:/sbin:/bin"
        var arguments: [UnsafeMutablePointer<CChar>?] = words.map { strdup($0) } + [nil]
        let settings = ["PATH=" + path, "HOME=" + home]
        var variables: [UnsafeMutablePointer<CChar>?] = settings.map { strdup($0) } + [nil]
        defer { (arguments + variables).forEach { free($0) } }
        var process: pid_t = 0
        let failure = posix_spawnp(&process, words[0], &actions, &attributes, &arguments, &variables)
        guard failure == 0 else { throw ProgramFailure(what: words[0], code: failure) }
        return process
    }
}
