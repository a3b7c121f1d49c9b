public import JSON
public import Platform
public import TaskFile

/// What would be done for a task: its mounts in the order in which they are provisioned, parents before children.
public struct Plan: Sendable {
    public var task: String
    public var mounts: [PlannedMount]
    public var diagnostics: [Diagnostic]
    /// What COMMAND finds in its environment, as `NAME=VALUE` lines.
    public let variables: [String]

    /// Plans one task without asking any store. `diagnostics` has what the task file's reading found and what this
    /// machine's files say.
    public init(_ task: TaskDefinition, file: String, on machine: Machine, only destinations: [String] = []) {
        self.task = task.name
        variables = task.environment.map { "\($0.name)=\($0.value)" }
        var planned = task.mounts.map {
            PlannedMount($0, path: machine.path(of: $0.destination), secrets: task.secrets)
        }
        let nested = NestedPaths.byOuter(planned.map(\.path))
        for index in planned.indices { planned[index].add(nested: nested) }
        mounts = ParentsFirst.order(planned).filter { mount in
            destinations.isEmpty || destinations.contains { mount.isMeant(by: $0) }
        }
        let localSources = LocalSources(file: file, machine: machine)
        for index in mounts.indices {
            mounts[index].missing = localSources.check(mounts[index]).map { $0.without(task.secrets) }
        }
        diagnostics = mounts.flatMap(\.missing)
        for mount in mounts where mount.mount.mode.isMount {
            guard let cache = PlannedCache(mount.mount, on: machine),
                let other = mounts.first(where: { $0.mount.mode.isMount && cache.isInside($0) })
            else { continue }
            diagnostics.append(
                Diagnostic(
                    .error, .badValue, "the cache folder \(cache.folder) is in the mount `\(other.shownDestination)`",
                    hint: "a cache is on a disk of this machine", file: file, position: mount.mount.position,
                    path: "\(mount.mount.path).cache"
                ).without(task.secrets))
        }
        for mount in mounts {
            guard let staging = PlannedStaging(mount, task: task.name, on: machine),
                let other = mounts.first(where: { $0.mount.mode.isMount && staging.isInside($0) })
            else { continue }
            diagnostics.append(
                Diagnostic(
                    .error, .badValue,
                    "the staging folder \(staging.folder) is in the mount `\(other.shownDestination)`",
                    hint: "what is written is staged on a disk of this machine", file: file,
                    position: mount.mount.position, path: "\(mount.mount.path).staging"
                ).without(task.secrets))
        }
    }
}

/// The machine that a plan is for, as far as paths are concerned.
public struct Machine: Sendable {
    public var home: String
    public var workingFolder: String
    /// Destinations are resolved below this folder.
    public var root: String?
    /// Where caches are that a task does not place itself.
    public var caches: String
    /// Where journal, staging and status of tasks are.
    public var state: String
    /// How this user comes to mounts, which is looked at when there are any.
    public var mounting: @Sendable () -> Mounting = { Mounting() }
    /// A descriptor of FUSE's device that was passed in, for the one mount that there is.
    public var fuseDescriptor: Int32?

    public init(
        home: String, workingFolder: String, root: String? = nil, caches: String? = nil, state: String? = nil
    ) {
        self.home = home
        self.workingFolder = workingFolder
        self.root = root
        self.caches = caches ?? home + "/.cache/provision"
        self.state = state ?? home + "/.local/state/provision"
    }

    public func path(of destination: Destination) -> String {
        let path = destination.absolute(home: home)
        return absoluteRoot.map { Paths.normalized($0 + path) } ?? path
    }

    /// The folder that stands for `/`, if another one does.
    public var absoluteRoot: String? {
        root.map { Paths.normalized($0.hasPrefix("/") ? $0 : workingFolder + "/" + $0) }
    }

    /// Where a local source is, `~` and relative paths resolved.
    public func path(ofSource path: String) -> String {
        let path = Paths.fromHome(path, home)
        return path.hasPrefix("/") ? path : workingFolder + "/" + path
    }
}

extension Machine {
    /// Where the source is on this machine, if it is on this machine.
    func path(of location: SourceLocation, _ mount: Mount) -> String? {
        switch location {
        case .local(let path): path.value.isEmpty ? nil : self.path(ofSource: path.value)
        case .file(let path): path.value
        case .hostFolder(_, let path): mount.provider?.hostFolder.map { self.path(ofSource: $0) + "/" + path.value }
        case .bucket, .web: nil
        }
    }
}

/// A mount with the place where it will really be.
public struct PlannedMount: Sendable {
    public var mount: Mount
    public var path: String
    /// Where other mounts of the task are inside of this one, wanted now or not, relative to it.
    public internal(set) var nested: [RawPath] = []
    /// Its local sources that are not there.
    var missing: [Diagnostic] = []
    public let secrets: SecretValues

    init(_ mount: Mount, path: String, secrets: SecretValues) {
        self.mount = mount
        self.path = path
        self.secrets = secrets
    }

    mutating func add(nested byOuter: [String: [RawPath]]) {
        for inner in byOuter[path] ?? [] where !nested.contains(inner) { nested.append(inner) }
    }

    public var shownDestination: String { mount.destination.written }
    public var shownSource: JSONValue {
        mount.isList ? .strings(shownSources) : .optional(shownSources.first)
    }

    /// Any text about the mount, without what is secret in it.
    public func shown(_ text: String) -> String { secrets.removed(from: text) }

    /// The path and the sources as they may be shown.
    public var shownPath: String { secrets.removed(from: path) }
    public var shownSources: [String] { mount.sources.map { secrets.removed(from: $0.shown) } }

    /// Whether `--only` with this text means the mount: as written, normalised, or where it really is.
    public func isMeant(by text: String) -> Bool {
        path == text || Self.isMeant(mount.destination, by: text)
    }

    public static func isMeant(_ destination: Destination, by text: String) -> Bool {
        destination.written == text || destination.normalized == Paths.normalized(text)
    }
}
