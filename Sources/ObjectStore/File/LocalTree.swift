import Glibc
import Platform

/// The files below a root, as objects: what `FileStore` does, in calls that wait.
///
/// Nothing outside the root is reached, whatever others do to it meanwhile: every path is opened beneath the root, and
/// links are never followed. A link is an object of its own; behind a link that looks like a folder there is nothing.
struct LocalTree: Sendable {
    let root: SharedDescriptor
    /// Whether what was put survives a crash of the machine.
    let isDurable: Bool
    var leftovers = LocalLeftovers()

    func stat(_ key: ObjectKey) throws(StoreError) -> ObjectInfo {
        let local = try LocalKey(key)
        return try attempt("cannot look at \(key.shown)") { () throws(SystemError) in
            let file = try OwnedDescriptor.look(at: local.path, beneath: root.file)
            return try Self.info(of: key, file.entry()) { () throws(SystemError) in try file.target(ofLink: "") }
        }
    }

    /// A folder that objects are in.
    func openFolder(_ path: RawPath) throws(SystemError) -> OwnedDescriptor {
        try .open(beneath: root.file, path.isEmpty ? "." : path, O_RDONLY | O_DIRECTORY)
    }

    /// Folders and devices are no objects: for them it is as if nothing were there.
    static func info(
        of key: ObjectKey, _ entry: FileEntry, target: () throws(SystemError) -> RawPath
    ) throws(SystemError) -> ObjectInfo {
        let kind: ObjectInfo.Kind =
            switch entry.kind {
            case .file: .file
            case .link: .symlink(target: try target())
            case .folder, .special: throw .notThere
            }
        return ObjectInfo(
            key: key, size: entry.size, modified: entry.modified, version: ObjectVersion(entry), kind: kind,
            mode: entry.mode)
    }

    /// Makes system calls; `task` is the beginning of the message when one fails.
    func attempt<Result: ~Copyable>(
        _ task: @autoclosure () -> String, _ calls: () throws(SystemError) -> Result
    ) throws(StoreError) -> Result {
        do throws(SystemError) {
            return try calls()
        } catch {
            throw StoreError(error, task())
        }
    }
}

extension ObjectVersion {
    /// Another file has another inode, and every change of a file sets its change time, which cannot be set back. Its
    /// clock ticks every few milliseconds on older kernels: two writes of equal size into the same file within one
    /// tick look like one.
    init(_ entry: FileEntry) {
        let (modified, changed) = (entry.modified, entry.changed)
        self.init(
            "\(entry.inode)-\(entry.size)-\(modified.seconds).\(modified.nanoseconds)"
                + "-\(changed.seconds).\(changed.nanoseconds)")
    }

    /// Which file it is, and its size.
    var file: [Substring] { Array(text.split(separator: "-").prefix(2)) }
}
