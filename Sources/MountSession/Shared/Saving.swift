import MountFS
import Platform

/// How far what programs have written has come into the bucket, as the keeper of a session knows it.
public struct SavingFigures: Sendable, Equatable {
    /// Versions that came into the bucket since the session began, and their bytes.
    public var savedFiles = 0
    public var savedBytes = 0
    /// Whole, and not in the bucket yet.
    public var pendingFiles = 0
    public var pendingBytes = 0
    /// Those of them whose last attempt has failed.
    public var failedFiles = 0
    /// In the bucket without what programs have set of them.
    public var lostAttributes = 0
    /// Open for writing.
    public var openFiles = 0

    public init() {}

    init(_ progress: UploadProgress) {
        savedFiles = progress.savedFiles
        savedBytes = progress.savedBytes
        pendingFiles = progress.pendingFiles
        pendingBytes = progress.pendingBytes
        failedFiles = progress.failedFiles
        lostAttributes = progress.lostAttributes
        openFiles = progress.openFiles
    }
}

/// A version of a file that has come into the bucket, as it is shown.
public struct UploadReport: Sendable, Equatable {
    /// In the mount.
    public var path: String
    public var bytes: Int
    public var version: String

    /// Texts are cut to what goes through a pipe at once.
    public init(path: String, bytes: Int, version: String) {
        self.path = path.cut(to: 3000)
        self.bytes = bytes
        self.version = version.cut(to: 500)
    }

    init(_ file: UploadedFile) {
        self.init(path: file.path.text, bytes: file.bytes, version: file.version)
    }
}

/// Bytes that did not become an object and are on the local disk, as they are shown.
public struct KeptReport: Sendable, Equatable {
    /// In the mount.
    public var path: String
    public var reason: String
    /// On the local disk.
    public var file: String
    /// It was there when the session began: an earlier one, or a program before it, has left it.
    public var wasFound: Bool

    /// Texts are cut to what goes through a pipe at once.
    public init(path: String, reason: String, file: String, wasFound: Bool) {
        self.path = path.cut(to: 1500)
        self.reason = reason.cut(to: 100)
        self.file = file.cut(to: 2000)
        self.wasFound = wasFound
    }

    init(_ kept: KeptFile, wasFound: Bool) {
        self.init(path: kept.path.text, reason: kept.reason.rawValue, file: kept.file.text, wasFound: wasFound)
    }
}

extension String {
    /// Without control characters, and no longer than so many bytes, of which so many are those of its end.
    func cut(to most: Int, withEnd kept: Int = 0) -> String {
        let text = printable
        guard text.utf8.count > most else { return text }
        var head = text.utf8.index(text.startIndex, offsetBy: most - kept - 3)
        while head.samePosition(in: text.unicodeScalars) == nil { text.utf8.formIndex(before: &head) }
        var tail = text.utf8.index(text.endIndex, offsetBy: -kept)
        while tail.samePosition(in: text.unicodeScalars) == nil { text.utf8.formIndex(after: &tail) }
        return "\(text[..<head])…\(text[tail...])"
    }
}
