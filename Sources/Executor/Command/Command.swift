import Glibc
import Platform

/// What stands behind `--`.
public struct Command: Sendable {
    /// The program and its arguments, byte by byte as they were typed.
    public var words: [[UInt8]]
    /// What it gets beside the environment of this process, as `NAME=VALUE` lines.
    public var variables: [String]

    public init(_ words: [[UInt8]], variables: [String]) {
        self.words = words
        self.variables = variables
    }

    /// Takes this process' place. Returns only when that cannot be done.
    public func becomeThisProcess() -> Never {
        for name in Self.ours { unsetenv(name) }
        Environment(lines: variables).becomeThatOfThisProcess()
        // Where we stand something may have been mounted since.
        if let here = try? WorkingFolder.path() { chdir(here) }
        let error = ProgramReplacement.become(words)
        let name = String(decoding: words.first ?? [], as: UTF8.self).printable
        let isMissing = [ENOENT, ENOTDIR].contains(error.code)
        let reason = isMissing ? "not found" : error.description
        try? StandardStream.error.write("provision: \(name): \(reason)\n")
        _exit(isMissing ? Self.notFound : Self.notExecutable)
    }

    /// Variables that mean this run and no other: the service manager was told already that everything is ready, and two would
    /// contradict each other; and a run that COMMAND makes would take our files and our descriptor for its own.
    private static let ours = [
        ServiceManager.variable, "PROVISION_READY_FILE", "PROVISION_METRICS_FILE", "PROVISION_FUSE_FD",
    ]

    /// As shells say.
    private static let notFound: Int32 = 127
    private static let notExecutable: Int32 = 126
}
