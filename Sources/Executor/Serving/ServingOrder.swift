import Cache
import JSON
import Plan
import Platform
import TaskFile

/// What a session is told about its mount: all that it takes to open the source again and to stay able to, with
/// credentials that are looked for where the run that wanted the mount would have looked. It goes from the run to the
/// supervisor over its socket and from there through a pipe to every session of the mount; nothing of it stands in
/// arguments, environments or files.
struct ServingOrder: Sendable {
    static let version = 2

    var mount: Mount
    /// It is served as a file.
    var isSingleObject: Bool
    /// Of what has no owner of its own.
    var owner: (user: UInt32, group: UInt32)
    var home: String
    var workingFolder: String
    /// `NAME=VALUE` lines.
    var environment: [String]
    /// Where other things are mounted inside of it, relative to it.
    var mountPoints: [RawPath]
    /// What must not be shown, neither in logs nor in the status.
    var secrets: SecretValues
    var limits: SessionLimits
    /// What it reads through, if anything.
    var cache: PlannedCache?
    /// Where what is written to it is staged; nothing when it is only read.
    var staging: PlannedStaging?
    /// When it was wanted, in seconds since 1970: the time of folders that no object stands for.
    var started: Int

    init(_ checked: CheckedMountPoint, _ environment: Environment, _ limits: SessionLimits) {
        mount = checked.mount
        mount.access = mount.access.standing(on: checked.machine)
        isSingleObject = checked.isSingleObject
        owner = checked.owner
        home = checked.machine.home
        workingFolder = checked.machine.workingFolder
        self.environment = environment.standing(on: checked.machine).lines.sorted()
        // What is inside of one of them is that one's own.
        let nested = checked.planned.nested
        mountPoints = nested.filter { point in !nested.contains { point.isBelow($0) } }
        secrets = checked.planned.secrets
        self.limits = limits
        cache = checked.cache
        staging = checked.staging
        started = Timestamp.secondsNow
    }

    var json: JSONValue {
        [
            "v": .integer(Self.version), "mount": mount.document, "single": .boolean(isSingleObject),
            "uid": .integer(Int(owner.user)), "gid": .integer(Int(owner.group)), "home": .string(home),
            "working_folder": .string(workingFolder), "environment": .strings(environment),
            "mount_points": .strings(mountPoints.map(\.text)), "secrets": .strings(secrets.all),
            "memory": .integer(limits.memory), "requests": limits.requests.map { .integer($0) } ?? .null,
            "started": .integer(started), "cache": cache?.document ?? .null,
            "staging": staging?.document ?? .null,
        ]
    }

    /// Nothing when it is none, or one of another version of this program.
    init?(_ json: JSONValue) {
        guard json["v"]?.wholeNumber == Self.version, let mount = json["mount"].flatMap(Mount.init(document:)),
            let user = json["uid"]?.wholeNumber, let group = json["gid"]?.wholeNumber, let home = json["home"]?.text,
            let workingFolder = json["working_folder"]?.text, case .array(let lines)? = json["environment"],
            case .array(let mountPoints)? = json["mount_points"], case .array(let secrets)? = json["secrets"],
            let memory = json["memory"]?.wholeNumber, let started = json["started"]?.wholeNumber
        else { return nil }
        self.mount = mount
        isSingleObject = json["single"] == true
        owner = (UInt32(truncatingIfNeeded: user), UInt32(truncatingIfNeeded: group))
        self.home = home
        self.workingFolder = workingFolder
        environment = lines.compactMap(\.text)
        self.mountPoints = mountPoints.compactMap(\.text).map { RawPath($0) }
        self.secrets = SecretValues(secrets.compactMap(\.text))
        limits = SessionLimits(memory: memory, requests: json["requests"]?.wholeNumber)
        self.started = started
        if let stated = json["cache"], stated != .null {
            guard let cache = PlannedCache(document: stated) else { return nil }
            self.cache = cache
        }
        if let stated = json["staging"], stated != .null {
            guard let staging = PlannedStaging(document: stated) else { return nil }
            self.staging = staging
        }
    }

    /// Whether a mount that is there does for what is wanted. The environment does not count: what a login changes in
    /// it every hour makes no other mount.
    func does(for wanted: ServingOrder) -> Bool {
        let isRelative = mount.sources.contains(where: \.location.isLocalPath)
        return mount.document == wanted.mount.document && cache == wanted.cache
            && (!isRelative || workingFolder == wanted.workingFolder)
            && wanted.mountPoints.allSatisfy(mountPoints.contains)
    }

    var machine: Machine { Machine(home: home, workingFolder: workingFolder) }
}

extension PlannedCache {
    fileprivate var document: JSONValue {
        [
            "folder": .string(folder), "size": limits.map { .integer($0.size) } ?? .null,
            "max_age": limits?.maxAge.map { .integer($0.milliseconds) } ?? .null,
        ]
    }

    fileprivate init?(document: JSONValue) {
        guard let folder = document["folder"]?.text else { return nil }
        let age = document["max_age"]?.wholeNumber.map { TimeSpan(milliseconds: $0) }
        self.init(folder: folder, limits: document["size"]?.wholeNumber.map { CacheLimits(size: $0, maxAge: age) })
    }
}

extension PlannedStaging {
    fileprivate var document: JSONValue { ["folder": .string(folder), "size": .optional(size)] }

    fileprivate init?(document: JSONValue) {
        guard let folder = document["folder"]?.text else { return nil }
        self.init(folder: folder, size: document["size"]?.wholeNumber)
    }
}
