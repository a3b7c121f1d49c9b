public import Plan
import Platform
import TaskFile

/// Copies the sources of a mount into its destination. Run again it finishes what was begun: what is in place is not touched,
/// and what a killed run has left behind is gone on with or cleared away.
public struct Copy: Sendable {
    private let checked: CheckedMount
    private let stateFolder: RawPath
    private let progress: CopyProgress
    private let limits: CopyLimits

    public struct Outcome: Sendable {
        public var failure: CopyFailure?
        /// Files of ours that somebody had changed, and that were copied over.
        public var localEdits = 0
        /// Objects of which nothing but the size could be compared, although all should be.
        public var unproven = 0
        /// Names that `mirror` has removed.
        public var removed = 0
    }

    public init(_ checked: CheckedMount, stateFolder: String, progress: CopyProgress, limits: CopyLimits) {
        self.checked = checked
        self.stateFolder = RawPath(stateFolder)
        self.progress = progress
        self.limits = limits
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
            ofDestination: RawPath(checked.planned.path), shownAs: checked.planned.shownPath, stateFolder: stateFolder,
            waited: waits, until: progress)
        // Noted before it is made: a kill between the two leaves an empty folder that would seem to be somebody else's.
        let isNew = isDestinationNew
        if isNew { try notes.noteMaking() }
        let destination: SharedDescriptor
        do throws(TrustedPath.Failure) {
            destination = SharedDescriptor(try checked.destination.makeFolder())
        } catch {
            throw CopyFailure(.destinationDenied, "the destination cannot be made: \(error.reason)")
        }
        try lock(destination, waits)
        let old = notes.readManifest(memory: limits.memory)
        // Asked only now: another run may have made and filled it while this one waited.
        let isFresh = destination.file.isEmptyFolder
        // One that a killed run has made is ours still.
        let isRootOurs = isNew || old["."] != nil || isFresh && notes.isMakingNoted
        // What is ours from earlier runs and the source has no longer. It stays ours, for a later mirror to remove.
        let surplus = try old.surplus { isListed throws(CopyFailure) in
            isListed(".")
            try checked.sources.eachItem { item throws(CopyFailure) in isListed(item.path) }
        }
        let isVague = try notes.begin(claim(besides: surplus, isRootOurs, after: old))
        notes.forgetMaking()
        let staging = try Staging(
            in: destination, notes: notes,
            isItem: { name throws(CopyFailure) in try checked.sources.hasItem(below: name) })
        var outcome = Outcome()
        do throws(CopyFailure) {
            if mirrors { try mirror(surplus, old).clearTheWay(for: checked.sources, in: destination.file) }
            let folders = CopyFolders(destination: destination, attributes: attributes)
            try folders.make(for: checked.sources)
            let placing = ItemPlacing(
                manifest: old, attributes: attributes, isFresh: isFresh, isForced: limits.isForced)
            let found = move(placing, folders, staging)
            outcome.localEdits = found.edits
            outcome.unproven = found.unproven
            if let failure = found.failure { throw failure }
            // Its removal changes the time of the folder it is in.
            staging.remove(notes: notes)
            let mirrorsSurplus = mirrors && !surplus.isEmpty
            if mirrorsSurplus { outcome.removed = try mirror(surplus, old).remove(from: destination.file) }
            if mirrorsSurplus || isVague {
                // What is removed is ours no longer: the next file of that name is somebody else's.
                _ = try notes.begin(claim(besides: mirrorsSurplus ? Surplus() : surplus, isRootOurs, after: Manifest()))
            }
            try folders.finish(checked.sources, isRootOurs: isRootOurs)
            try notes.complete()
        } catch {
            staging.leave(notes: notes)
            outcome.failure = error
        }
        return outcome
    }

    /// Brings the files of all sources to their places.
    private func move(_ placing: ItemPlacing, _ folders: CopyFolders, _ staging: Staging) -> CopyFindings {
        var local: [TreeCopy.LocalSource] = []
        var remote: [StoreCopy.StoreSource] = []
        for source in checked.sources {
            switch source.origin {
            case .folder(let folder): local.append(.init(folder: folder, listed: source))
            case .store(let opened): remote.append(.init(opened: opened, listed: source))
            }
        }
        var found = CopyFindings()
        if !local.isEmpty {
            found = TreeCopy(
                sources: local, copier: FileCopier(progress: progress, placing: placing), destination: folders,
                staging: staging, threads: limits.threads, gate: limits.gate
            ).run()
        }
        guard found.failure == nil, !remote.isEmpty else { return found }
        let more = StoreCopy(
            sources: remote, placing: placing, folders: folders, staging: staging, progress: progress,
            checksum: checked.mount.checksum, limits: limits
        ).run()
        found.edits += more.edits
        found.unproven = more.unproven
        found.failure = more.failure
        return found
    }

    /// Runs with other state folders do not see our notes; they see this. Single files stand beside others' files and appear in
    /// one step, so that there is nothing to wait for.
    private func lock(_ destination: SharedDescriptor, _ waits: () -> Void) throws(CopyFailure) {
        guard !checked.isSingleFile else { return }
        do throws(SystemError) {
            try CopyLock.takeIfPossible(destination.file, waited: waits, until: progress)
        } catch {
            throw CopyFailure.writing(RawPath(checked.planned.path), error)
        }
    }

    private func mirror(_ surplus: Surplus, _ old: Manifest) -> Mirror {
        Mirror(surplus: surplus, ours: old, others: checked.planned.nested)
    }

    /// Whether surplus is removed: never after a listing with nothing in it, which more likely is a mistake or a disk that is
    /// not mounted.
    private var mirrors: Bool {
        checked.mount.copy.onNonempty == .mirror && !checked.sources.contains { $0.listing.objects == 0 }
    }

    private var attributes: CopyAttributes { CopyAttributes(checked.mount.ownership) }

    private func claim(
        besides others: Surplus, _ isRootOurs: Bool, after old: Manifest
    ) -> ManifestClaim {
        ManifestClaim(sources: checked.sources, others: others, isRootOurs: isRootOurs, old: old)
    }

    private var isDestinationNew: Bool {
        guard let nearest = try? checked.destination.nearestFolder() else { return false }
        return !nearest.missing.isEmpty
    }
}
