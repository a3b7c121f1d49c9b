import CShims
import Glibc
import JSON
import Plan
import Platform
import Staging

/// The folder of one task below the state folder, and where the supervisor of that task is found.
///
/// `lock` is held by the supervisor as long as it lives; `log` is written by it and its sessions; `mounts.json` says
/// what it has mounted, for whoever comes after it when it was killed, and of which mounts something has stayed staged.
/// The socket is in `/run/provision`, or in `$XDG_RUNTIME_DIR` for other users than root, since its path must be short.
public struct TaskFolder: Sendable {
    public let state: StateFolder
    public let task: String
    /// Of the folder, below the state folder.
    public let name: String

    public init(_ state: StateFolder, task: String) {
        self.state = state
        self.task = task
        name = FolderName.of(task)
    }

    public var path: String { state.path + "/" + name }

    func make() throws(TrustedPath.Failure) -> OwnedDescriptor {
        let folder = try TrustedPath(RawPath(path)).makeFolder(mode: 0o700)
        do throws(SystemError) {
            try folder.setMode(0o700)
        } catch {
            throw TrustedPath.Failure(path: RawPath(path), error: error)
        }
        return folder
    }

    /// Whether a supervisor lives.
    public var isSupervised: Bool {
        guard let lock = try? OwnedDescriptor.open(RawPath(path + "/lock"), O_RDWR) else { return false }
        return (try? lock.lock(waiting: false)) == false
    }

    /// Held by whoever supervises, or clears up after one who did; nothing when somebody else holds it.
    func takeLock() throws(SystemError) -> SharedDescriptor? {
        let lock = try OwnedDescriptor.open(RawPath(path + "/lock"), FileFlags.readWrite, mode: 0o600)
        return try lock.lock(waiting: false) ? SharedDescriptor(lock) : nil
    }

    /// Waits until the supervisor has gone; false when it is still there after this time.
    func waitUntilUnsupervised(milliseconds: Int) -> Bool {
        let end = MonotonicTime.milliseconds + milliseconds
        while isSupervised {
            guard MonotonicTime.milliseconds < end else { return false }
            Threads.sleep(milliseconds: 10)
        }
        return true
    }

    // MARK: The socket

    /// Named by state folder and task, so that two state folders may have tasks of the same name.
    func socket(_ environment: Environment) -> RawPath {
        let real = (try? FileStatus.realPath(RawPath(state.path)).text) ?? state.path
        var number = String(StableHash.of((real + "\u{0}" + name).utf8), radix: 16)
        number = String(repeating: "0", count: 16 - number.count) + number
        return RawPath(Self.runFolder(environment)).appending(RawPath("\(name.prefix(24))-\(number).sock"))
    }

    func removeSocket(_ environment: Environment) {
        _ = try? socket(environment).call { unlink($0) }
    }

    private static func runFolder(_ environment: Environment) -> String {
        if geteuid() == 0 { return "/run/provision" }
        return (environment.nonEmpty("XDG_RUNTIME_DIR") ?? "/tmp/provision-\(geteuid())") + "/provision"
    }

    // MARK: The log

    private static let longestLog = 4 << 20

    /// To be written at its end. One that has grown long begins anew, and the one before it is kept as `log.1`.
    func openLog() throws(TrustedPath.Failure) -> OwnedDescriptor {
        let folder = try make()
        do throws(SystemError) {
            if let entry = try folder.entryIfAny(of: "log"), entry.size > Self.longestLog {
                try folder.rename("log", to: "log.1", in: folder)
            }
            return try OwnedDescriptor.open("log", in: folder, O_WRONLY | O_CREAT | O_APPEND, mode: 0o600)
        } catch {
            throw TrustedPath.Failure(path: RawPath(path + "/log"), error: error)
        }
    }

    // MARK: What is mounted

    /// As the supervisor has written them down last. After one that has ended well, those that have left something staged.
    var recordedMounts: [RecordedMount] {
        get throws(MountError) {
            // What was left may be gone since, and then there is nothing to be said.
            try recorded(in: "mounts.json").map { RecordedMount($0, of: self) }.filter { !$0.isLeft || $0.hasSomething }
        }
    }

    /// Also such as nobody can read.
    var hasRecordedMounts: Bool {
        do throws(MountError) { return try !recordedMounts.isEmpty } catch { return true }
    }

    func record(_ mounts: [JSONValue]) throws(TrustedPath.Failure) { try record(mounts, in: "mounts.json") }

    /// A file that is there as long as there is something to be said.
    private func record(_ entries: [JSONValue], in name: RawPath) throws(TrustedPath.Failure) {
        let folder = try make()
        do throws(SystemError) {
            if entries.isEmpty {
                try folder.removeIfAny(name)
            } else {
                try folder.replace(name, with: Array((JSONValue.array(entries).pretty + "\n").utf8), mode: 0o600)
            }
        } catch {
            throw TrustedPath.Failure(path: RawPath(path).appending(name), error: error)
        }
    }

    /// Nothing where there is no such file. One that cannot be read is not taken for none.
    private func recorded(in name: String) throws(MountError) -> [JSONValue] {
        let file = path + "/" + name
        let bytes: [UInt8]
        do throws(SystemError) {
            bytes = try FileReading.bytes(ofPlainFile: file, limit: 64 << 20)
        } catch {
            guard !error.isAbsence else { return [] }
            throw .unreachable("\(file) cannot be read: \(error.description)", .inputOutput)
        }
        guard case .array(let entries)? = try? JSONValue(reading: bytes) else {
            throw .unreachable("\(file) is not what a supervisor writes", .inputOutput)
        }
        return entries
    }

    // MARK: What is shown

    func record(readyFiles: Set<NoticeFile>) throws(TrustedPath.Failure) {
        try record(readyFiles.map(\.path).sorted().map(JSONValue.string), in: "ready.json")
    }

    /// Those of a supervisor that was killed say what is not so.
    func removeReadyFiles() {
        for path in ((try? recorded(in: "ready.json")) ?? []).compactMap(\.text) {
            do throws(SystemError) { try NoticeFile(at: path).remove() } catch {
                TaskLog(task).write("the ready file \(path) cannot be removed: \(error.description)")
            }
        }
        do throws(TrustedPath.Failure) { try record(readyFiles: []) } catch {
            TaskLog(task).write("which ready file is there cannot be noted: \(error.reason)")
        }
    }
}
