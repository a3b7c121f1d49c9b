public import JSON
import MountSession
import Platform

/// What has become of what programs have written through a mount.
public struct MountUploads: Sendable, Equatable {
    /// In the bucket since it was mounted, and their bytes.
    public var files = 0
    public var bytes = 0
    /// Whole, and not in the bucket yet.
    public var pending = 0
    public var pendingBytes = 0
    /// Those of them whose last attempt has failed.
    public var failed = 0
    /// In the bucket without what programs have set of them, since the store refuses that.
    public var lostAttributes = 0
    public var kept: [Kept] = []

    /// Bytes that did not become an object and are on the local disk.
    public struct Kept: Sendable, Equatable {
        public var path: String
        public var reason: String
        public var file: String
        /// It was there already when the mount was made.
        public var wasFound = false
    }

    public init() {}

    var json: JSONValue {
        [
            "files": .integer(files), "bytes": .integer(bytes), "pending": .integer(pending),
            "failed": .integer(failed),
        ]
    }

    var keptJSON: JSONValue {
        .array(
            kept.map { ["path": .string($0.path), "reason": .string($0.reason), "file": .string($0.file)] })
    }

    /// From the status of a mount.
    public init(ofMount json: JSONValue) {
        let stated = json["uploads"]
        files = stated?["files"]?.wholeNumber ?? 0
        bytes = stated?["bytes"]?.wholeNumber ?? 0
        pending = stated?["pending"]?.wholeNumber ?? 0
        failed = stated?["failed"]?.wholeNumber ?? 0
        guard case .array(let all)? = json["kept"] else { return }
        kept = all.map {
            Kept(path: $0["path"]?.text ?? "", reason: $0["reason"]?.text ?? "", file: $0["file"]?.text ?? "")
        }
    }

    /// Nothing has been written, and nothing is left of what was.
    public var isEmpty: Bool { self == MountUploads() }
}

/// What the sessions of a mount have told of what was written, one after the other.
struct SavingAccount {
    /// Of sessions that have died.
    private var earlier = (files: 0, bytes: 0, lostAttributes: 0)
    private var now = SavingFigures()
    private var kept: [KeptReport] = []
    /// Whether the next figures are the first of a session.
    private var isBeginning = true
    /// What was left by whoever was there before is on its way.
    private(set) var isRecovering = false

    mutating func note(_ figures: SavingFigures) {
        if isBeginning { isRecovering = figures.pendingFiles > 0 }
        if figures.pendingFiles == 0 { isRecovering = false }
        isBeginning = false
        now = figures
    }

    mutating func note(_ report: KeptReport) {
        // A later session finds what one before it has kept.
        if !kept.contains(where: { $0.file == report.file }) { kept.append(report) }
    }

    mutating func noteDeath() {
        earlier = (
            earlier.files + now.savedFiles, earlier.bytes + now.savedBytes, earlier.lostAttributes + now.lostAttributes
        )
        (now.savedFiles, now.savedBytes, now.lostAttributes) = (0, 0, 0)
        isBeginning = true
    }

    /// Whoever has taken away what was kept wants no more to hear of it.
    var uploads: MountUploads {
        var uploads = MountUploads()
        uploads.files = earlier.files + now.savedFiles
        uploads.bytes = earlier.bytes + now.savedBytes
        uploads.pending = now.pendingFiles
        uploads.pendingBytes = now.pendingBytes
        uploads.failed = now.failedFiles
        uploads.lostAttributes = earlier.lostAttributes + now.lostAttributes
        uploads.kept = kept.filter(\.mayBeThere).map {
            MountUploads.Kept(path: $0.path, reason: $0.reason, file: $0.file, wasFound: $0.wasFound)
        }
        return uploads
    }
}

extension KeptReport {
    /// One whose path was too long to be told cannot be looked for.
    fileprivate var mayBeThere: Bool { file.hasSuffix("…") || (try? FileStatus.isThere(file)) != false }
}

extension MountError {
    /// Why a mount that is about to go, or has gone, did not leave everything in the bucket; nothing when it did. What was
    /// found when it was mounted is told of and no failure.
    init?(notSaved uploads: MountUploads, staging: String, because reason: String?) {
        let lost = uploads.kept.filter { !$0.wasFound }
        var parts: [String] = []
        if uploads.pending > 0 {
            let files = uploads.pending == 1 ? "1 file is" : "\(uploads.pending) files are"
            parts.append("\(files) not in the bucket yet and kept in \(staging)" + (reason.map { " (\($0))" } ?? ""))
        }
        if let first = lost.first {
            let others = lost.count > 1 ? ", and \(lost.count - 1) more" : ""
            parts.append(
                "`\(first.path)` did not come into the bucket (\(first.reason)); its bytes are in \(first.file)\(others)"
            )
        }
        if uploads.lostAttributes > 0 {
            let files = uploads.lostAttributes == 1 ? "1 file is" : "\(uploads.lostAttributes) files are"
            parts.append(
                "\(files) in the bucket without the mode, owner, times or extended attributes that programs have set, which the store refused"
            )
        }
        guard !parts.isEmpty else { return nil }
        let (isPending, isKept) = (uploads.pending > 0, !lost.isEmpty)
        let isLost = isKept || uploads.lostAttributes > 0
        self.init(
            code: isPending ? "not-saved" : isKept ? "kept" : "attributes-lost",
            message: parts.joined(separator: "; "),
            hint: isPending
                ? "`provision flush` tries again; after `provision down --force` the next run of the task does"
                : isKept
                    ? "copy what is wanted of it to the bucket, then remove it"
                    : "the log names them; setting them again needs the permission to copy an object onto itself",
            isRetryable: isPending, exitStatus: isLost ? .inputOutput : .temporary)
    }
}
