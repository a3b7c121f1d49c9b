import HTTP
public import Platform
public import TaskFile

/// Asks, before the first byte moves, what could stop a task on the way: sources that cannot be listed, destinations
/// that cannot be made, file systems without room for all mounts together.
public struct Preflight: Sendable {
    /// The copies.
    public private(set) var mounts: [CheckedMount] = []
    public private(set) var mountPoints: [CheckedMountPoint] = []
    public private(set) var diagnostics: [Diagnostic] = []
    /// The mounts that cannot be done, each with the reason.
    public private(set) var refused: [(planned: PlannedMount, reason: Diagnostic)] = []

    private let file: String
    let task: String
    let machine: Machine
    /// How this user comes to mounts, if anything is to be mounted.
    public let mounting: Mounting?

    /// Asks on this thread and others, so that it must not be one of Swift's pool.
    public init(_ plan: Plan, file: String, on machine: Machine, stores: any Stores, listingIn space: ListingSpace) {
        self.file = file
        task = plan.task
        self.machine = machine
        let takesMounting = plan.mounts.contains { $0.mount.mode.isMount && $0.passedDevice(on: machine) == nil }
        mounting = takesMounting ? machine.mounting() : nil
        let copiesInstead = mounting.map { $0.way == nil } ?? false
        let wanted = copiesInstead ? Self.withoutFUSE(plan.mounts, on: machine) : plan.mounts
        let listings = WorkThreads.run(Self.threads) { _ in
            await Patience.$current.withValue(.asking) { await Self.list(wanted, machine, stores, space) }
        }
        for (planned, sources) in zip(wanted, listings) {
            if isRefused(planned) { continue }
            if planned.mount.mode.isMount {
                if let checked = checkMountPoint(planned, sources.first) { mountPoints.append(checked) }
            } else if let checked = check(planned, sources) {
                mounts.append(checked)
            }
        }
        if let mounting, copiesInstead {
            for planned in plan.mounts where planned.isCopiedWithoutFUSE(on: machine) {
                report(.noFUSE, "it is copied, not mounted: \(mounting.message)", planned, severity: .warning)
            }
        }
        relate()
        checkRoom()
    }

    /// Local listings wait for disks, others for the network.
    private static let threads = 4

    /// What the sources of each mount hold, all asked at once.
    private static func list(
        _ mounts: [PlannedMount], _ machine: Machine, _ stores: any Stores, _ space: ListingSpace
    ) async -> [[SourceLister.Outcome]] {
        await withTaskGroup(of: (Int, Int, SourceLister.Outcome).self) { group in
            var listings = mounts.map { mount in mount.mount.sources.map { _ in SourceLister.Outcome() } }
            for (index, planned) in mounts.enumerated()
            where planned.mount.missingFeature == nil && planned.missing.isEmpty {
                for (number, source) in planned.mount.sources.enumerated() {
                    group.addTask {
                        let lister = SourceLister(
                            planned: planned, source: source, machine: machine, stores: stores, space: space)
                        return (index, number, await lister.list())
                    }
                }
            }
            for await (index, number, outcome) in group { listings[index][number] = outcome }
            return listings
        }
    }

    mutating func report(
        _ code: DiagnosticCode, _ message: String, hint: String? = nil, _ planned: PlannedMount,
        at position: Position? = nil, severity: Diagnostic.Severity = .error
    ) {
        let diagnostic = Diagnostic(
            severity, code, message, hint: hint, file: file, position: position ?? planned.mount.position,
            path: planned.mount.path
        ).without(planned.secrets)
        diagnostics.append(diagnostic)
        if severity == .error { refused.append((planned, diagnostic)) }
    }

    /// Whether one of the problems is the whole task's: nothing of it is begun then.
    public var stopsEverything: Bool {
        refused.contains { [.notBuilt, .notEnoughDisk, .notEnoughInodes].contains($0.reason.code) }
    }

    // MARK: One mount

    /// By what the file alone tells.
    private mutating func isRefused(_ planned: PlannedMount) -> Bool {
        if let missing = planned.mount.missingFeature {
            report(.notBuilt, missing, hint: planned.mount.alternative, planned)
            return true
        }
        guard let missing = planned.missing.first else { return false }
        refused.append((planned, missing))
        return true
    }

    private mutating func check(_ planned: PlannedMount, _ listed: [SourceLister.Outcome]) -> CheckedMount? {
        guard planned.mount.ownership.owner.canBeGiven else {
            report(
                .destinationDenied, "this user may not give files to the `uid` or `gid` of this entry",
                hint: "run as root, or leave the keys out", planned)
            return nil
        }
        if let state = try? MountPointState(planned, isFile: false, on: machine), state.isMountOfOurs {
            report(
                .modeConflict, "`\(planned.shownDestination)` is still a mount of an earlier run",
                hint: "`provision down` unmounts it", planned)
            return nil
        }
        guard let sources = sources(of: planned, listed) else { return nil }
        let layout = CopyLayout(planned, sources, machine)
        var planned = planned
        planned.path = layout.realPath ?? planned.path
        if let folder = sources.lazy.compactMap(\.realFolder).first(where: { isBelow(planned.path, $0) }) {
            report(
                .nestedDestination, "`\(planned.shownDestination)` is inside of its own source `\(folder)`",
                hint: "choose a destination outside of it", planned)
            return nil
        }
        do throws(DestinationState.Failure) {
            let state = try DestinationState(
                layout, looksForOthers: planned.mount.copy.onNonempty == .refuse, nested: planned.nested)
            guard check(state, planned) else { return nil }
            return CheckedMount(
                planned: planned, destination: layout.destination, isSingleFile: layout.fileName != nil,
                sources: layout.sources,
                bytesInPlace: state.bytesInPlace, need: state.need)
        } catch {
            report(error, planned)
            return nil
        }
    }

    mutating func report(_ failure: DestinationState.Failure, _ planned: PlannedMount) {
        switch failure {
        case .listing(let error):
            report(
                DiagnosticCode(ofListing: error), "the listing of the source cannot be read back: \(error.description)",
                hint: "the disk of the temporary file that it was kept in fails: name another folder in TMPDIR", planned
            )
        case .place(let failure):
            let hint = failure.isForeignLink ? "somebody else could choose where it leads: write the real path" : nil
            report(.destinationDenied, "the destination cannot be made: \(failure.reason)", hint: hint, planned)
        }
    }

    private func isBelow(_ path: String, _ folder: String) -> Bool {
        return path == folder || path.hasPrefix(folder == "/" ? "/" : folder + "/")
    }

    /// The sources of a mount when all of them could be listed; tells what else was found.
    mutating func sources(
        of planned: PlannedMount, _ outcomes: [SourceLister.Outcome]
    ) -> [ListedSource]? {
        var isComplete = true
        for (source, outcome) in zip(planned.mount.sources, outcomes) {
            for problem in outcome.problems {
                report(
                    problem.code, problem.message, hint: problem.hint, planned, at: source.position,
                    severity: problem.severity)
                if problem.severity == .error { isComplete = false }
            }
        }
        return isComplete ? outcomes.compactMap(\.listed) : nil
    }

    private mutating func check(_ state: DestinationState, _ planned: PlannedMount) -> Bool {
        let destination = planned.mount.destination.written
        switch state.obstacle {
        case .folder:
            report(
                .destinationDenied, "`\(destination)` is a folder, but the source is a single file",
                hint: "write \(destination)/ to put the file into it", planned)
        case .notWritable(let error):
            report(
                .destinationDenied, "`\(destination)` cannot be written to: \(error.description)",
                hint: "choose another destination, or run as a user who may write there", planned)
        case .leftover(let folder):
            report(
                .destinationDenied,
                "`\(folder.text)` at `\(destination)` is what a killed copy has left, and the source has a folder of that name",
                hint: "remove it from the source or from the destination, or name it under exclude", planned)
        case nil:
            guard planned.mount.copy.onNonempty == .refuse, state.holdsOthers else { return true }
            report(
                .nonemptyDestination, "`\(destination)` holds files already",
                hint: "on_nonempty: merge keeps them, mirror removes what an earlier run has put there", planned)
        }
        return false
    }

    // MARK: All mounts together

    /// Links on the way may lead destinations into one another that are apart in the file.
    private mutating func relate() {
        var first: [String: PlannedMount] = [:]
        mounts = mounts.filter { isFirst($0.planned, &first) }
        mountPoints = mountPoints.filter { isFirst($0.planned, &first) }
        let nested = NestedPaths.byOuter(mounts.map(\.planned.path) + mountPoints.map(\.planned.path))
        for index in mounts.indices { mounts[index].planned.add(nested: nested) }
        for index in mountPoints.indices { mountPoints[index].planned.add(nested: nested) }
    }

    private mutating func isFirst(_ planned: PlannedMount, _ first: inout [String: PlannedMount]) -> Bool {
        guard let other = first.updateValue(planned, forKey: planned.path) else { return true }
        first[planned.path] = other
        report(
            .duplicateDestination,
            "`\(planned.shownDestination)` leads to the same place as `\(other.shownDestination)`",
            hint: "a link is on the way; remove one of the two", planned)
        return false
    }

    private mutating func checkRoom() {
        for (_, group) in Dictionary(grouping: mounts, by: \.need.device).sorted(by: { $0.key < $1.key }) {
            guard let first = group.first, let largest = group.max(by: { $0.need.bytes < $1.need.bytes }) else {
                continue
            }
            let room = first.need.room
            let bytes = Margin.bytes(for: group.reduce(0) { $0 + $1.need.bytes })
            if bytes > room.bytes {
                report(
                    .notEnoughDisk,
                    "\(need(bytes, "bytes", group)) on the file system of \(largest.need.path.text), \(room.bytes) are free",
                    hint: "free \(ByteSize(bytes: bytes - room.bytes)), or choose another destination", largest.planned)
            }
            let inodes = Margin.inodes(for: group.reduce(0) { $0 + $1.need.inodes })
            if let free = room.inodes, inodes > free {
                report(
                    .notEnoughInodes,
                    "\(need(inodes, "inodes", group)) on the file system of \(largest.need.path.text), \(free) are free",
                    hint: "choose a file system with more inodes", largest.planned)
            }
        }
    }

    private func need(_ count: Int, _ unit: String, _ group: [CheckedMount]) -> String {
        let who = group.count == 1 ? "the copy needs" : "the copies of \(group.count) mounts need"
        return "\(who) \(count) \(unit)"
    }
}

/// What is asked for on top of what is listed: folders grow, and somebody else writes as well.
enum Margin {
    static func bytes(for need: Int) -> Int { need == 0 ? 0 : need + max(need / 100, 1 << 20) }
    static func inodes(for need: Int) -> Int { need == 0 ? 0 : need + max(need / 100, 16) }
}
