public import Plan
import Platform
import TaskFile

typealias SourceItem = SourceListing.Item

/// Copies local files and folders into a destination. Run again it finishes what was begun: what is in place, by size and
/// time, is not touched, and what a killed run has left behind is cleared away.
public struct LocalCopy: Sendable {
    private let checked: CheckedMount
    private let stateFolder: RawPath
    private let progress: CopyProgress
    private let threads: Int

    public struct Outcome: Sendable {
        public var failure: CopyFailure?
        /// Files of ours that somebody had changed, and that were copied over.
        public var localEdits = 0
        /// Names that `mirror` has removed.
        public var removed = 0
    }

    public init(_ checked: CheckedMount, stateFolder: String, progress: CopyProgress, threads: Int) {
        self.checked = checked
        self.stateFolder = RawPath(stateFolder)
        self.progress = progress
        self.threads = threads
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
        let old = notes.readManifest()
        // One that a killed run has made is ours still.
        let isRootOurs = isNew || old.records["."] != nil
        try notes.write(claim(old, isRootOurs))
        let staging = try Staging(in: destination.owned, notes: notes)
        defer { staging.remove(from: destination.owned, notes: notes) }
        let tree = TreeCopy(
            sources: checked.sources,
            copier: FileCopier(progress: progress, manifest: old, modes: modes, isFresh: isNew),
            destination: destination, staging: staging, threads: threads)
        let found = tree.run()
        var outcome = Outcome(failure: found.failure, localEdits: found.edits)
        guard outcome.failure == nil else { return outcome }
        if mirrors {
            outcome.removed = try Mirror(old: old, new: listed, others: checked.planned.nested).removeSurplus(
                from: destination.owned)
        }
        // Its removal changes the time of the folder it is in.
        staging.remove(from: destination.owned, notes: notes)
        try tree.finishFolders(isRootOurs: isRootOurs)
        try notes.write(final(old, isRootOurs))
        return outcome
    }

    /// Whether surplus is removed: never after a listing with nothing in it, which more likely is a mistake or a disk that is
    /// not mounted.
    private var mirrors: Bool {
        checked.mount.copy.onNonempty == .mirror && !checked.sources.contains { $0.listing.objects == 0 }
    }

    private var isDestinationNew: Bool {
        guard let nearest = try? checked.destination.nearestFolder() else { return false }
        return !nearest.missing.isEmpty
    }

    private var modes: CopyModes {
        CopyModes(
            file: checked.mount.ownership.fileMode.map { UInt32($0) },
            folder: checked.mount.ownership.dirMode.map { UInt32($0) }, umask: ProcessMask.current)
    }

    // MARK: Manifests

    private var listed: [RawPath: Manifest.Record] {
        var records: [RawPath: Manifest.Record] = [:]
        for item in checked.sources.lazy.flatMap(\.listing.items) where item.path != "." {
            records[item.path] = .init(size: item.size, modified: item.modified, isFolder: item.content == .folder)
        }
        return records
    }

    /// What this run may make, besides what is ours already.
    private func claim(_ old: Manifest, _ isRootOurs: Bool) -> Manifest {
        var claim = Manifest()
        claim.records = old.records.merging(listed) { _, new in new }
        if isRootOurs {
            claim.records["."] = .init(size: 0, modified: .init(seconds: 0, nanoseconds: 0), isFolder: true)
        }
        return claim
    }

    /// What is ours in the end. Old names that the source has no longer stay ours, for a later mirror.
    private func final(_ old: Manifest, _ isRootOurs: Bool) -> Manifest {
        var final = claim(mirrors ? Manifest() : old, isRootOurs)
        final.isComplete = true
        return final
    }
}
