import Glibc
public import Platform

/// A file by which a task shows something to whoever looks, where its user wants it: whole or not there at all, and for all to
/// read.
public struct NoticeFile: Sendable, Hashable {
    /// Absolute: a supervisor stands elsewhere than the run.
    public let path: String

    public init(_ stated: String, workingFolder: String) {
        path = stated.hasPrefix("/") ? stated : workingFolder + "/" + stated
    }

    init(at path: String) {
        self.path = path
    }

    private var name: RawPath { RawPath(path).components.last ?? "" }
    private var folder: RawPath { RawPath(path).parent }

    /// Changes nothing; throws why it could not be written, as far as that can be seen before.
    public func check() throws(SystemError) {
        guard !path.hasSuffix("/"), !name.isEmpty, ![".", ".."].contains(name) else { throw SystemError(code: EISDIR) }
        let folder = try OwnedDescriptor.open(folder, FileFlags.folder)
        try SystemError.check { faccessat(folder.raw, ".", W_OK | X_OK, AT_EACCESS) }
        switch try folder.entryIfAny(of: name)?.kind {
        case .file, nil: return
        case .folder: throw SystemError(code: EISDIR)
        // What it leads to would be cut off from its name.
        case .link, .special: throw SystemError(code: EEXIST)
        }
    }

    /// Where it really is; nothing where its folder is not.
    public var realPath: String? {
        (try? FileStatus.realPath(folder))?.appending(name).text
    }

    func write(_ text: String) throws(SystemError) {
        try OwnedDescriptor.open(folder, FileFlags.folder).replace(name, with: Array(text.utf8), mode: 0o644)
    }

    func remove() throws(SystemError) {
        do throws(SystemError) {
            try OwnedDescriptor.open(folder, FileFlags.folder).removeIfAny(name)
        } catch  where error.isAbsence {}
    }
}
