import CShims
import Glibc

/// How a program ended and what it said.
public struct Finished: Sendable {
    /// 128+n when signal n ended it, as shells say.
    public let status: Int32
    public let output: String
    public let errors: String
}

public struct ProgramFailure: Error {
    public let what: String
    public let code: Int32
}

/// Runs programs as a user does: arguments, environment and standard input in; status and text out.
public enum Program {
    /// The program is looked for in PATH. The environment is PATH, HOME, folders for state and caches and what is given: what the
    /// developer has exported must not decide a test.
    public static func run(
        _ words: [String], environment: [String: String] = [:], input: String = "", in folder: String? = nil
    ) throws -> Finished {
        try start(words, environment: environment, input: input, in: folder).wait()
    }

    /// The same, without waiting for the end.
    public static func start(
        _ words: [String], environment: [String: String] = [:], input: String = "", in folder: String? = nil
    ) throws -> RunningProgram {
        // Files rather than pipes: they never fill up, so nobody has to read while the program runs.
        let streams = try TemporaryFolder()
        try streams.write(input, to: "input")
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, streams.path("input"), O_RDONLY, 0)
        for (descriptor, name) in [(STDOUT_FILENO, "output"), (STDERR_FILENO, "errors")] {
            posix_spawn_file_actions_addopen(&actions, descriptor, streams.path(name), O_WRONLY | O_CREAT, 0o600)
        }

        // The thread of a test may have signals blocked; a program of a user's has not.
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        var none = sigset_t()
        sigemptyset(&none)
        posix_spawnattr_setsigmask(&attributes, &none)
        posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK))

        // What other tests have open at this moment is theirs.
        _ = shim_spawn_closes_from(&actions, STDERR_FILENO + 1)

        // A test that says nothing else leaves no state on the machine.
        var variables = [
            "PATH": inherited("PATH") ?? "/usr/bin:/bin", "HOME": streams.path,
            "PROVISION_STATE_DIR": streams.path("state"), "PROVISION_CACHE_DIR": streams.path("cache"),
        ]
        variables.merge(environment) { _, given in given }
        let words = (folder.map { ["env", "-C", $0] } ?? []) + words
        var arguments: [UnsafeMutablePointer<CChar>?] = words.map { strdup($0) } + [nil]
        var environment: [UnsafeMutablePointer<CChar>?] = variables.map { strdup($0.key + "=" + $0.value) } + [nil]
        defer { (arguments + environment).forEach { free($0) } }

        var process: pid_t = 0
        let failure = posix_spawnp(&process, words[0], &actions, &attributes, &arguments, &environment)
        guard failure == 0 else { throw ProgramFailure(what: words[0], code: failure) }
        return RunningProgram(process: process, streams: streams)
    }

    public static func isInstalled(_ name: String) -> Bool {
        (inherited("PATH") ?? "").split(separator: ":").contains { access("\($0)/\(name)", X_OK) == 0 }
    }

    /// Whether system calls can be watched, and made to fail.
    public static let canTrace =
        isInstalled("strace") && (try? run(["strace", "-o", "/dev/null", "true"]).status) == 0
    public static let noTracing = "strace is not installed, or may not trace"

    /// The `provision` that was built together with the running tests.
    public static let provision: String = {
        var buffer = [UInt8](repeating: 0, count: Int(PATH_MAX))
        let count = buffer.withUnsafeMutableBytes { readlink("/proc/self/exe", $0.baseAddress!, $0.count) }
        let testBundle = String(decoding: buffer.prefix(max(0, count)), as: UTF8.self)
        return testBundle.split(separator: "/", omittingEmptySubsequences: false).dropLast().joined(separator: "/")
            + "/provision"
    }()

    private static func inherited(_ name: String) -> String? {
        getenv(name).map { String(cString: $0) }
    }
}

/// `provision` with these words.
public func provision(
    _ words: String..., environment: [String: String] = [:], input: String = "", in folder: String? = nil
) throws -> Finished {
    try Program.run([Program.provision] + words, environment: environment, input: input, in: folder)
}
