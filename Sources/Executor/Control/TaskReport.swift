public import JSON
public import Platform

/// What is known of a task: what its last run has written, and of its mounts what is so now.
public struct TaskReport: Sendable {
    /// In the form of the status file.
    public let document: JSONValue

    public init(_ folder: TaskFolder, _ environment: Environment) throws(MountError) {
        let answer = try SupervisorClient(folder, environment).ask(.status)
        var mounts: [JSONValue] = []
        let last = folder.state.status(of: folder)
        if case .array(let known)? = last?["mounts"] { mounts = known }
        let recorded = try folder.recordedMounts
        let now = answer?.mounts ?? recorded.filter { !$0.isLeft }.map(\.status)
        for index in mounts.indices {
            if let current = now.first(where: { $0["destination"] == mounts[index]["destination"] }) {
                mounts[index] = current
            } else if mounts[index].isMountThatWas {
                mounts[index] = mounts[index].replacing("state", with: "unmounted").replacing("pid", with: .null)
            }
        }
        // Those of an earlier run that named others.
        mounts += now.filter { one in !mounts.contains { $0["destination"] == one["destination"] } }
        mounts = mounts.map(\.withoutWhatWasLeft)
        for left in recorded where left.isLeft { mounts.add(left) }
        document = (last ?? Self.unknown(folder)).replacing("mounts", with: .array(mounts))
    }

    /// Of a task that has never run here.
    private static func unknown(_ folder: TaskFolder) -> JSONValue {
        [
            "v": 1, "task": .string(folder.task), "result": "ok", "exit_code": 0, "exit_source": "provision",
            "started": nil, "diagnostics": [], "mounts": [],
        ]
    }

    /// Whether the status of a task may still change by itself.
    public static func runs(_ folder: TaskFolder, _ document: JSONValue) -> Bool {
        guard case .array(let mounts)? = document["mounts"], !folder.isSupervised else { return folder.isSupervised }
        let states: [MountState] = [.planned, .checking, .copying, .mounting]
        return mounts.contains { mount in states.contains { mount["state"] == .string($0.rawValue) } }
    }

    public var task: String { document["task"]?.text ?? "" }

    public var mounts: [JSONValue] {
        if case .array(let mounts)? = document["mounts"] { mounts } else { [] }
    }
}

extension [JSONValue] {
    /// To the statuses of mounts. The one that has said of itself that it has gone is taken for it.
    mutating func add(_ left: RecordedMount) {
        let unmounted = JSONValue.string(MountState.unmounted.rawValue)
        let index = firstIndex { left.isOf($0) && $0["state"] == unmounted && $0["error"] == .null }
        if let index { self[index] = left.status } else { append(left.status) }
    }
}

extension JSONValue {
    /// What stayed staged when it was unmounted may have come into the bucket since: of that the notes tell.
    fileprivate var withoutWhatWasLeft: JSONValue {
        guard self["state"] == .string(MountState.unmounted.rawValue), self["error"]?["code"] == "not-saved" else {
            return self
        }
        var uploads = MountUploads(ofMount: self)
        uploads.pending = 0
        return replacing("uploads", with: uploads.json).replacing("error", with: .null)
    }

    /// A status says so, and nobody knows of it any more.
    fileprivate var isMountThatWas: Bool {
        let states: [MountState] = [.mounting, .mounted, .recovering, .draining, .drained]
        return states.contains { self["state"] == .string($0.rawValue) }
    }
}

extension StateFolder {
    /// Those that have run with this state folder, by name.
    public var tasks: [TaskFolder] {
        guard let folder = try? OwnedDescriptor.open(RawPath(path), FileFlags.folder),
            let names = try? folder.names()
        else { return [] }
        return names.compactMap(\.exactText).sorted().compactMap { name in
            let task = TaskFolder(self, task: name)
            let status = status(of: task)
            guard status != nil || task.hasRecordedMounts else { return nil }
            return TaskFolder(self, task: status?["task"]?.text ?? name)
        }
    }
}
