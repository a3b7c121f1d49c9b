import Cache
import Platform
import TaskFile

/// Mounts, of which only the beginning is asked: whether the source answers, what is at the destination, and whether
/// this machine can mount at all.
extension Preflight {
    /// The mounts as they will be done: those that may be copied instead are copies where FUSE is missing.
    static func withoutFUSE(_ mounts: [PlannedMount], _ obstacle: FUSEDevice.Obstacle?) -> [PlannedMount] {
        guard obstacle != nil else { return mounts }
        return mounts.map { planned in
            guard planned.isCopiedWithoutFUSE else { return planned }
            var copied = planned
            copied.mount.mode = .copy
            return copied
        }
    }

    mutating func checkMountPoint(_ planned: PlannedMount, _ outcome: SourceLister.Outcome?) -> CheckedMountPoint? {
        if let fuse {
            let alternative = "on_no_fuse: copy copies it instead, where it is read_only"
            report(.noFUSE, "it cannot be mounted: \(fuse.message)", hint: "\(fuse.hint); \(alternative)", planned)
            return nil
        }
        guard let outcome, sources(of: planned, [outcome]) != nil, let answer = outcome.mounted else { return nil }
        do throws(TrustedPath.Failure) {
            let state = try mountPointState(planned, isFile: answer.isSingleObject)
            guard check(state.obstacle, planned, isFile: answer.isSingleObject) else { return nil }
            var planned = planned
            guard let path = state.path.exactText else {
                report(.destinationDenied, "the destination leads to a path that is no text", planned)
                return nil
            }
            planned.path = path
            let cache = PlannedCache(planned.mount, on: machine)
            if let cache, !check(cache, planned) { return nil }
            var staging = PlannedStaging(planned, task: task, on: machine)
            if let wanted = staging {
                staging = checkedStaging(wanted, planned)
                guard staging != nil, isSourceWritable(planned, isSingleObject: answer.isSingleObject) else {
                    return nil
                }
            }
            return CheckedMountPoint(
                planned: planned, source: answer.source, isSingleObject: answer.isSingleObject, owner: state.owner,
                cache: cache, staging: staging, machine: machine)
        } catch {
            report(.place(error), planned)
            return nil
        }
    }

    /// A cache that somebody wants and cannot have is no cache: reads would be slower than they are meant to be, for nobody
    /// knows why.
    private mutating func check(_ cache: PlannedCache, _ planned: PlannedMount) -> Bool {
        do throws(CacheFailure) {
            if try !DiskCache.hasRoom(inFolderAt: RawPath(cache.folder)) {
                report(
                    .notEnoughDisk,
                    "the disk of the cache folder \(cache.folder) is nearly full: little or nothing is kept",
                    planned, severity: .warning)
            }
            return true
        } catch {
            report(
                .destinationDenied, error.message, hint: "another folder can be named: cache: {dir: …}, --cache-dir",
                planned)
            return false
        }
    }

    private func mountPointState(
        _ planned: PlannedMount, isFile: Bool
    ) throws(TrustedPath.Failure) -> MountPointState {
        let outer = mountPoints.last { planned.isInside($0.planned, home: machine.home) }
        guard let outer else { return try MountPointState(planned, isFile: isFile, on: machine) }
        return MountPointState(planned, inside: outer.planned, isFile: isFile, on: machine)
    }

    private mutating func check(
        _ obstacle: MountPointState.Obstacle?, _ planned: PlannedMount, isFile: Bool
    ) -> Bool {
        let destination = planned.shownDestination
        let overlays = planned.mount.mount.overlaysNonempty
        switch obstacle {
        case nil: return true
        case .holdsSomething, .otherMount:
            guard !overlays else { return true }
            let what =
                if case .otherMount(let type) = obstacle {
                    "something else is mounted at `\(destination)` (\(type))"
                } else {
                    "`\(destination)` holds something already"
                }
            report(
                .nonemptyDestination, what, hint: "on_nonempty: overlay hides it as long as the mount is there", planned
            )
        case .wrongKind:
            report(
                .destinationDenied,
                isFile
                    ? "`\(destination)` is no plain file, but the source is a single object"
                    : "`\(destination)` is no folder", hint: isFile ? "write \(destination)/ to mount it inside" : nil,
                planned)
        }
        return false
    }
}

extension PlannedMount {
    /// By what is written in the file.
    func isInside(_ other: PlannedMount, home: String) -> Bool {
        mount.destination.absolute(home: home).hasPrefix(other.mount.destination.absolute(home: home) + "/")
    }

    var isCopiedWithoutFUSE: Bool { mount.mode.isMount && mount.mount.copiesWithoutFUSE && mount.mount.isReadOnly }
}
