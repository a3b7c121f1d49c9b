import Glibc
public import JSON
public import Platform
import Synchronization

/// Where the files of one mount are staged. One process at a time has it.
public final class StagingFolder: Sendable {
    let folder: SharedDescriptor
    private let lock: SharedDescriptor
    private let last: Mutex<UInt64>

    /// The folder is there already, and nobody else may look into it. Nothing when another process has it, also after a
    /// while: the lock of one that was killed stays for a moment with a program that it was just starting.
    public init?(_ folder: SharedDescriptor, patience: TimeSpan = TimeSpan(milliseconds: 2000)) throws(SystemError) {
        self.folder = folder
        lock = SharedDescriptor(try .open("lock", in: folder.file, FileFlags.readWrite, mode: 0o600))
        let end = MonotonicTime.milliseconds + patience.milliseconds
        while try !lock.file.lock(waiting: false) {
            guard MonotonicTime.milliseconds < end else { return nil }
            Threads.sleep(milliseconds: 10)
        }
        // Also what was kept has its number for ever.
        let ids = try Self.ids(in: folder).union(try Self.keptIDs(in: folder))
        last = Mutex(ids.compactMap { UInt64($0, radix: 16) }.max() ?? 0)
    }

    /// A new file, and who has it open already.
    public func make(
        _ image: StagedImage, base: JSONValue?, name: JSONValue?, description: JSONValue, holders: JSONValue? = nil,
        isTorn: Bool
    ) throws(SystemError) -> StagedFile {
        let number = last.withLock { last in
            last += 1
            return last
        }
        let id = String(number, radix: 16)
        let state = StagedState(
            image, base: base, name: name, description: description, holders: holders, isTorn: isTorn)
        do throws(SystemError) {
            return try StagedFile(id, in: folder, state)
        } catch {
            // What is there of it nobody would ever look at.
            try? remove(id)
            throw error
        }
    }

    public struct Left: Sendable {
        public var files: [StagedFile] = []
        /// With a log that nobody can read, by the names of what they hold.
        public var damaged: [RawPath] = []
    }

    /// Everything that a process before this one has left. What was being made or removed when it was killed goes.
    public func left() throws(SystemError) -> Left {
        var left = Left()
        for id in try Self.ids(in: folder).sorted(by: { ($0.count, $0) < ($1.count, $1) }) {
            let (data, log) = (StagedFile.dataName(id), StagedFile.logName(id))
            let size = try folder.file.entryIfAny(of: data)?.size
            let hasLog = try folder.file.entryIfAny(of: log) != nil
            if size != nil, hasLog, let file = try StagedFile(left: id, in: folder) {
                left.files.append(file)
            } else if let size, size > 0, hasLog {
                left.damaged.append(data)
            } else {
                try remove(id)
            }
        }
        return left
    }

    private func remove(_ id: String) throws(SystemError) {
        for name in StagedFile.names(id) { try folder.file.removeIfAny(name) }
    }

    /// How many files there are, without taking them over.
    public static func count(in folder: SharedDescriptor) throws(SystemError) -> Int { try ids(in: folder).count }

    /// The bytes of those that a process after this one would take over.
    public static func waiting(in folder: SharedDescriptor) throws(SystemError) -> [RawPath] {
        let names = Set(try folder.file.names())
        return try ids(in: folder).filter { names.contains(StagedFile.logName($0)) }.map(StagedFile.dataName)
            .filter(names.contains)
    }

    /// What is known of each of them, with the name of its bytes, without taking it over. What nobody can read is left out.
    public static func states(
        in folder: SharedDescriptor
    ) throws(SystemError) -> [(data: RawPath, state: StagedState)] {
        var states: [(data: RawPath, state: StagedState)] = []
        for id in try ids(in: folder).sorted(by: { ($0.count, $0) < ($1.count, $1) }) {
            guard let log = try? StagingLog.left(StagedFile.logName(id), in: folder) else { continue }
            states.append((StagedFile.dataName(id), log.state))
        }
        return states
    }

    private static func ids(in folder: SharedDescriptor) throws(SystemError) -> Set<String> {
        var ids: Set<String> = []
        for name in try folder.file.names() {
            guard let name = name.exactText, let dot = name.lastIndex(of: "."),
                StagedFile.endings.contains(String(name[dot...])), dot > name.startIndex
            else { continue }
            ids.insert(String(name[..<dot]))
        }
        return ids.filter { UInt64($0, radix: 16) != nil }
    }
}
