import JSON
import MountFS
import MountSession
import ObjectStore
import Plan
import Platform
import Staging
import TaskFile

/// The staging folder of a mount, opened by its session.
///
/// It stays as it is when a session, a supervisor or the machine dies; whoever mounts the same destination next goes on
/// with what is there. A file `source` in it says for which bucket that is, so that a task that has come to name another
/// one does not bring it there.
enum StagedWriting {
    static func open(
        _ planned: PlannedStaging, for order: ServingOrder, at place: RawPath, _ store: any ObjectStore,
        _ memory: MemoryBudget, _ change: (inout WritingSettings) -> Void
    ) throws(SessionFailure) -> MountWriting {
        let folder: SharedDescriptor
        let staging: StagingFolder?
        do throws(TrustedPath.Failure) {
            folder = SharedDescriptor(try TrustedPath(RawPath(planned.folder)).makeFolder(mode: 0o700))
        } catch {
            throw SessionFailure("the staging folder cannot be made: \(error.reason)", exitStatus: .badDestination)
        }
        do throws(SystemError) {
            try folder.file.setMode(0o700)
            staging = try StagingFolder(folder)
        } catch {
            throw Self.unusable(planned, error)
        }
        guard let staging else {
            throw SessionFailure(
                "another process has the staging folder \(planned.folder)",
                hint: "`provision status` shows the mount of which it is", exitStatus: .temporary, isRetryable: true)
        }
        try Self.checkSource(place, in: folder, planned)
        var settings = WritingSettings()
        settings.commit = CommitMode(order.mount.mount.commit)
        settings.uploadsTorn = order.mount.mount.uploadsTornFiles
        settings.stagingRoom = planned.size ?? Int.max
        settings.ioTimeout = TimeSpan(milliseconds: order.mount.mount.ioTimeoutMilliseconds)
        settings.uploads = UploadSettings(order.mount)
        change(&settings)
        do throws(SystemError) {
            // From here on the status tells of what is left.
            try folder.file.removeIfAny(LeftList.name)
            return try MountWriting(store, staging, at: RawPath(planned.folder), memory, settings)
        } catch {
            throw Self.unusable(planned, error)
        }
    }

    private static func unusable(_ planned: PlannedStaging, _ error: SystemError) -> SessionFailure {
        SessionFailure(
            "the staging folder \(planned.folder) cannot be used: \(error.description)", exitStatus: .badDestination)
    }

    // MARK: For which bucket

    private static let source: RawPath = "source"

    private static func checkSource(
        _ place: RawPath, in folder: SharedDescriptor, _ planned: PlannedStaging
    ) throws(SessionFailure) {
        let known: RawPath?
        do throws(SystemError) {
            known = try knownSource(in: folder)
            guard known != place else { return }
            let isFree = known == nil ? true : try StagingFolder.count(in: folder) == 0
            if isFree { return try folder.file.replace(source, with: place.bytes, mode: 0o600) }
        } catch {
            throw unusable(planned, error)
        }
        throw SessionFailure(
            "the staging folder \(planned.folder) holds files that are not in `\(known?.text.printable ?? "")` yet, from where something else was mounted before",
            hint: "mount that once more, which brings them there, or remove the folder if nobody wants them",
            exitStatus: .badConfiguration)
    }

    private static func knownSource(in folder: SharedDescriptor) throws(SystemError) -> RawPath? {
        guard try folder.file.entryIfAny(of: source) != nil else { return nil }
        let file = try OwnedDescriptor.open(source, in: folder.file, FileFlags.read)
        return RawPath(exactly: try FileReading.bytes(from: file.raw, limit: 64 << 10))
    }
}

extension UploadSettings {
    init(_ mount: Mount) {
        self.init()
        partSize = mount.access.partSize
        wholeUpTo = mount.provider?.multipartThreshold
        isAlwaysWhole = mount.provider?.usesMultipart == false
        requests = mount.access.concurrency ?? requests
    }
}

extension CommitMode {
    init(_ commit: Commit) {
        self =
            switch commit {
            case .close: .close
            case .fsync: .fsync
            case .background: .background
            }
    }
}
