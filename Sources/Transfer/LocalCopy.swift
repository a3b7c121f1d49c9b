public import Plan
import Platform
import TaskFile

/// Copies local files and folders into a destination. Run again it finishes what was begun: what is in place, by size and
/// time, is not touched, and what a killed run has left behind is cleared away.
public struct LocalCopy: Sendable {
    private let checked: CheckedMount
    private let stateFolder: RawPath
    private let progress: CopyProgress
    private let threads: Int
    private let isForced: Bool

    public struct Outcome: Sendable {
        public var failure: CopyFailure?
        /// Files of ours that somebody had changed, and that were copied over.
        public var localEdits = 0
        /// Names that `mirror` has removed.
        public var removed = 0
    }

    /// `isForced`: what is in place is copied again.
    public init(
        _ checked: CheckedMount, stateFolder: String, progress: CopyProgress, threads: Int, isForced: Bool = false
    ) {
        self.checked = checked
        self.stateFolder = RawPath(stateFolder)
        self.progress = progress
        self.threads = threads
        self.isForced = isForced
    }

    /// `waits` is called when another copy works on the destination and this one has to wait for it.
    public func run(waits: () -> Void) -> Outcome {
        do throws(CopyFailure) {
            return try copy(waits)
        } catch {
            return Outcome(failure: error)
        }
    }

    private func copy(_ waits: () -> Void) throws(CopyFailure) -> Outcome {
        let notes = try DestinationNotes(
            ofDestination: RawPath(checked.planned.path), stateFolder: stateFolder, waited: waits,
            isCancelled: { progress.isCancelled })
        let isNew = isDestinationNew
        let destination: SharedDescriptor
        do throws(TrustedPath.Failure) {
            destination = SharedDescriptor(try checked.destination.makeFolder())
        } catch {
            throw CopyFailure(.destinationDenied, "the destination cannot be made: \(error.reason)")
        }
        try lock(destination, waits)
        let old = notes.readManifest()
        // One that a killed run has made is ours still.
        let isRootOurs = isNew || old.records["."] != nil
        let surplus = surplus(of: old)
        try notes.begin(Manifest.bytes(of: items, besides: surplus, isRootOurs: isRootOurs))
        let staging = try Staging(in: destination, notes: notes)
        defer { staging.remove(notes: notes) }
        let tree = TreeCopy(
            sources: checked.sources,
            copier: FileCopier(
                progress: progress, manifest: old, attributes: CopyAttributes(checked.mount.ownership), isFresh: isNew,
                isForced: isForced),
            destination: destination, staging: staging, threads: threads)
        if mirrors {
            try mirror(surplus, old).clearTheWay(for: items, in: destination.file)
        }
        let found = tree.run()
        var outcome = Outcome(failure: found.failure, localEdits: found.edits)
        guard outcome.failure == nil else { return outcome }
        if mirrors && !surplus.isEmpty {
            outcome.removed = try mirror(surplus, old).remove(from: destination.file)
            // What is removed is ours no longer: the next file of that name is somebody else's.
            try notes.begin(Manifest.bytes(of: items, besides: [:], isRootOurs: isRootOurs))
        }
        // Its removal changes the time of the folder it is in.
        staging.remove(notes: notes)
        try tree.finishFolders(isRootOurs: isRootOurs)
        try notes.complete()
        return outcome
    }

    /// Runs with other state folders do not see our notes; they see this. Single files stand beside others' files and appear in
    /// one step, so that there is nothing to wait for.
    private func lock(_ destination: SharedDescriptor, _ waits: () -> Void) throws(CopyFailure) {
        guard !checked.isSingleFile else { return }
        do throws(SystemError) {
            try CopyLock.takeIfPossible(destination.file, waited: waits, isCancelled: { progress.isCancelled })
        } catch {
            throw CopyFailure.writing(RawPath(checked.planned.path), error)
        }
    }

    private func mirror(_ surplus: [RawPath: Manifest.Record], _ old: Manifest) -> Mirror {
        Mirror(surplus: surplus, ours: old, others: checked.planned.nested)
    }

    /// Whether surplus is removed: never after a listing with nothing in it, which more likely is a mistake or a disk that is
    /// not mounted.
    private var mirrors: Bool {
        checked.mount.copy.onNonempty == .mirror && !checked.sources.contains { $0.listing.objects == 0 }
    }

    private var items: some Sequence<SourceItem> { checked.sources.lazy.flatMap(\.listing.items) }

    /// What is ours from earlier runs and the source has no longer. It stays ours, for a later mirror to remove.
    private func surplus(of old: Manifest) -> [RawPath: Manifest.Record] {
        guard !old.records.isEmpty else { return [:] }
        let listed = Set(items.map(\.path) + ["."])
        return old.records.filter { !listed.contains($0.key) }
    }

    private var isDestinationNew: Bool {
        guard let nearest = try? checked.destination.nearestFolder() else { return false }
        return !nearest.missing.isEmpty
    }
}
