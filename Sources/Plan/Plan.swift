import Platform
public import TaskFile

/// What would be done for a task: its mounts in the order in which they are provisioned, parents before children.
public struct Plan: Sendable {
    public var task: String
    public var mounts: [PlannedMount]
    public var diagnostics: [Diagnostic]

    /// Plans one task without asking any store. `diagnostics` has what the task file's reading found and what this
    /// machine's files say.
    public init(_ task: TaskDefinition, file: String, on machine: Machine, only destinations: [String] = []) {
        self.task = task.name
        let planned = task.mounts.map { PlannedMount($0, path: machine.path(of: $0.destination), mask: task.mask) }
        mounts = ParentsFirst.order(planned).filter { mount in
            destinations.isEmpty || destinations.contains { mount.isMeant(by: $0) }
        }
        diagnostics = LocalSources(file: file, machine: machine).check(mounts).map(task.mask.hide)
    }
}

/// The machine that a plan is for, as far as paths are concerned.
public struct Machine: Sendable {
    public var home: String
    public var workingFolder: String
    /// Destinations are resolved below this folder.
    public var root: String?

    public init(home: String, workingFolder: String, root: String? = nil) {
        self.home = home
        self.workingFolder = workingFolder
        self.root = root
    }

    public func path(of destination: Destination) -> String {
        let path = destination.absolute(home: home)
        guard var root else { return path }
        if !root.hasPrefix("/") { root = workingFolder + "/" + root }
        return Paths.normalized(root + path)
    }

    /// Where a local source is, `~` and relative paths resolved.
    public func path(ofSource path: String) -> String {
        if path == "~" { return home }
        if path.hasPrefix("~/") { return home + path.dropFirst() }
        return path.hasPrefix("/") ? path : workingFolder + "/" + path
    }
}

/// A mount with the place where it will really be.
public struct PlannedMount: Sendable {
    public var mount: Mount
    public var path: String
    let mask: SecretMask

    init(_ mount: Mount, path: String, mask: SecretMask) {
        self.mount = mount
        self.path = path
        self.mask = mask
    }

    /// The path and the sources as they may be shown.
    public var shownPath: String { mask.hide(path) }
    public var shownSources: [String] { mount.sources.map { mask.hide($0.shown) } }

    /// Whether `--only` with this text means the mount: as written, normalised, or where it really is.
    public func isMeant(by text: String) -> Bool {
        let destination = mount.destination
        return [destination.written, destination.normalized, path].contains(text)
            || Paths.normalized(text) == destination.normalized
    }
}
