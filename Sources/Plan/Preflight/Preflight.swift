import Platform
public import TaskFile

/// Asks, before the first byte moves, what could stop a task on the way: sources that cannot be listed, destinations
/// that cannot be made, file systems without room for all mounts together.
public struct Preflight: Sendable {
    public private(set) var mounts: [CheckedMount] = []
    public private(set) var diagnostics: [Diagnostic] = []
    /// The mounts that cannot be done, each with the reason.
    public private(set) var refused: [(planned: PlannedMount, reason: Diagnostic)] = []

    private let file: String
    private let machine: Machine

    public init(_ plan: Plan, file: String, on machine: Machine) {
        self.file = file
        self.machine = machine
        for planned in plan.mounts {
            if let checked = check(planned) { mounts.append(checked) }
        }
        checkRoom()
    }

    private mutating func report(
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

    private mutating func check(_ planned: PlannedMount) -> CheckedMount? {
        if let missing = planned.mount.missingFeature {
            report(.notBuilt, missing, hint: "\(planned.mount.mode.rawValue) of local files and folders is", planned)
            return nil
        }
        guard planned.mount.ownership.owner.canBeGiven else {
            report(
                .destinationDenied, "this user may not give files to the `uid` or `gid` of this entry",
                hint: "run as root, or leave the keys out", planned)
            return nil
        }
        guard let sources = list(planned) else { return nil }
        let layout = CopyLayout(planned, sources, machine)
        if let source = sources.first(where: { !$0.isSingleFile && isBelow(planned.path, $0.folder.text) }) {
            report(
                .nestedDestination, "`\(planned.shownDestination)` is inside of its own source `\(source.folder.text)`",
                hint: "choose a destination outside of it", planned)
            return nil
        }
        do throws(TrustedPath.Failure) {
            let state = try DestinationState(
                layout, looksForOthers: planned.mount.copy.onNonempty == .refuse)
            guard check(state, planned) else { return nil }
            return CheckedMount(
                planned: planned, destination: layout.destination, isSingleFile: layout.fileName != nil,
                sources: layout.sources,
                bytesInPlace: state.bytesInPlace, need: state.need)
        } catch {
            let hint = error.isForeignLink ? "somebody else could choose where it leads: write the real path" : nil
            report(.destinationDenied, "the destination cannot be made: \(error.reason)", hint: hint, planned)
            return nil
        }
    }

    private func isBelow(_ path: String, _ folder: String) -> Bool {
        let folder = Paths.normalized(folder)
        return path == folder || path.hasPrefix(folder == "/" ? "/" : folder + "/")
    }

    private mutating func list(_ planned: PlannedMount) -> [ListedSource]? {
        var listed: [ListedSource] = []
        for source in planned.mount.sources {
            guard let path = machine.path(of: source.location, planned.mount) else { continue }
            let found: ListedSource
            do throws(FolderWalk.Failure) {
                found = try LocalListing(
                    RawPath(path), include: planned.mount.copy.include, exclude: planned.mount.copy.exclude
                ).list()
            } catch {
                let place = error.path.isEmpty ? "" : " at `\(error.path.text)`"
                report(
                    error.error.isDenial ? .denied : .missingLocalSource,
                    "`\(source.shown)` cannot be read\(place): \(error.error.description)", planned,
                    at: source.position)
                return nil
            }
            reportLeftOut(found.listing, source, planned)
            if found.listing.objects == 0 {
                report(
                    .badValue, "`\(source.shown)` holds nothing to copy", planned, at: source.position,
                    severity: .warning)
            }
            listed.append(found)
        }
        return listed
    }

    private mutating func reportLeftOut(_ listing: SourceListing, _ source: Source, _ planned: PlannedMount) {
        guard !listing.leftOut.isEmpty else { return }
        let names = listing.leftOut.prefix(5).map { "`\($0.path.text)` (\($0.reason))" }.joined(separator: ", ")
        let more = listing.leftOut.count > 5 ? " and \(listing.leftOut.count - 5) more" : ""
        report(
            .badValue, "not copied from `\(source.shown)`: \(names)\(more)",
            hint: "copy what a link leads to by a destination of its own, or exclude it", planned,
            at: source.position, severity: .warning)
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
        case nil:
            guard planned.mount.copy.onNonempty == .refuse, state.holdsOthers else { return true }
            report(
                .nonemptyDestination, "`\(destination)` holds files already",
                hint: "on_nonempty: merge keeps them, mirror removes what an earlier run has put there", planned)
        }
        return false
    }

    // MARK: All mounts together

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
