import Glibc

/// Where the user's own files are.
public enum HomeFolder {
    /// `$HOME`, else what the password file says; nothing when neither knows, as in some containers.
    public static func path(_ environment: Environment) -> String? {
        if let home = environment.nonEmpty("HOME") { return Paths.normalized(home) }
        var entry = passwd()
        var found: UnsafeMutablePointer<passwd>?
        var buffer = [CChar](repeating: 0, count: 16 << 10)
        guard getpwuid_r(getuid(), &entry, &buffer, buffer.count, &found) == 0, found != nil, let home = entry.pw_dir
        else { return nil }
        return String(validatingCString: home).map(Paths.normalized)
    }

    /// `$XDG_CONFIG_HOME/provision/NAME`, by default below `~/.config`.
    public static func configuration(_ name: String, _ environment: Environment) -> String? {
        let base = environment.nonEmpty("XDG_CONFIG_HOME") ?? path(environment).map { $0 + "/.config" }
        return base.map { "\($0)/provision/\(name)" }
    }
}

/// Where a program keeps things of one kind, such as caches.
public struct ProgramFolder: Sendable {
    private let system: String
    private let variable: String
    private let belowHome: String

    /// Of root; then of other users: the variable that names it, and where it is below the home folder without that.
    private init(_ system: String, _ variable: String, _ belowHome: String) {
        self.system = system
        self.variable = variable
        self.belowHome = belowHome
    }

    public static let caches = ProgramFolder("/var/cache/provision", "XDG_CACHE_HOME", ".cache")
    public static let state = ProgramFolder("/var/lib/provision", "XDG_STATE_HOME", ".local/state")

    /// What is stated counts; else it is the system's as root, and below the user's own folders for others.
    public func path(_ stated: String?, _ environment: Environment, workingFolder: String, isRoot: Bool) -> String {
        if let stated { return stated.hasPrefix("/") ? stated : workingFolder + "/" + stated }
        if isRoot { return system }
        let home = HomeFolder.path(environment) ?? "/tmp"
        return (environment.nonEmpty(variable) ?? home + "/" + belowHome) + "/provision"
    }
}

/// The folder that relative paths are looked up in.
public enum WorkingFolder {
    public static func path() throws(SystemError) -> String {
        guard let buffer = getcwd(nil, 0) else { throw SystemError() }
        defer { free(buffer) }
        return String(cString: buffer)
    }
}
