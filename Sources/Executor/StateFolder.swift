public import JSON
import Plan
public import Platform

/// The folder where journal, notes and status of tasks are, for this user only.
public struct StateFolder: Sendable {
    public let path: String

    /// `/var/lib/provision` as root, else below the user's own folders.
    public init(_ stated: String?, environment: Environment, workingFolder: String, isRoot: Bool) {
        path = ProgramFolder.state.path(stated, environment, workingFolder: workingFolder, isRoot: isRoot)
    }

    /// The folder itself.
    public init(at path: String) {
        self.path = path
    }

    /// Whether what is in it is lost when the machine stops. A folder that cannot be asked is for its first write to complain of.
    public var isInMemory: Bool {
        guard let nearest = try? TrustedPath(RawPath(path)).nearestFolder() else { return false }
        return (try? nearest.folder.isInMemory()) ?? false
    }

    /// Replaces the status file of a task, so that a reader sees the old or the new one, whole.
    public func write(_ status: RunStatus) throws(SystemError) {
        let name = FolderName.of(status.task)
        do throws(TrustedPath.Failure) {
            let folder = try TrustedPath(RawPath(path + "/" + name)).makeFolder(mode: 0o700)
            try replaceStatus(in: folder, with: status.json.pretty + "\n")
        } catch {
            throw error.error
        }
    }

    /// The status file of a task; nothing where it has none, or none that can be read.
    public func status(of folder: TaskFolder) -> JSONValue? {
        guard let bytes = try? FileReading.bytes(ofPlainFile: folder.path + "/status.json", limit: 64 << 20) else {
            return nil
        }
        return try? JSONValue(reading: bytes)
    }

    /// Notes in the status file of a task what has become of a mount since its run.
    func note(_ mount: JSONValue, of task: TaskFolder) {
        guard case .object(let members)? = status(of: task), case .array(let mounts)? = status(of: task)?["mounts"]
        else { return }
        let noted = mounts.map { $0["destination"] == mount["destination"] ? mount : $0 }
        let status = members.map { $0.name == "mounts" ? JSONValue.Member("mounts", .array(noted)) : $0 }
        do {
            let folder = try task.make()
            try replaceStatus(in: folder, with: JSONValue.object(status).pretty + "\n")
        } catch {
            TaskLog(task.name).write("the status file cannot be written: \(error.reason)")
        }
    }

    private func replaceStatus(
        in folder: borrowing OwnedDescriptor, with text: String
    ) throws(TrustedPath.Failure) {
        do throws(SystemError) {
            try folder.setMode(0o700)
            try folder.replace("status.json", with: Array(text.utf8), mode: 0o600)
        } catch {
            throw TrustedPath.Failure(path: RawPath(path), error: error)
        }
    }
}
