import Cache
import Glibc
import Platform
import TaskFile

/// Mounts, of which only the beginning is asked: whether the source answers, what is at the destination, and whether
/// this machine can mount at all.
extension Preflight {
    /// The mounts as they will be done: those that may be copied instead are copies where FUSE is missing.
    static func withoutFUSE(_ mounts: [PlannedMount], on machine: Machine) -> [PlannedMount] {
        mounts.map { planned in
            guard planned.isCopiedWithoutFUSE(on: machine) else { return planned }
            var copied = planned
            copied.mount.mode = .copy
            return copied
        }
    }

    mutating func checkMountPoint(_ planned: PlannedMount, _ outcome: SourceLister.Outcome?) -> CheckedMountPoint? {
        let device = planned.passedDevice(on: machine)
        let isElsewhere = device.map(PassedDevice.isMounted) ?? false
        guard device.map({ isUsable($0, for: planned) }) ?? true else { return nil }
        let way = device == nil ? way(for: planned) : .direct
        guard let way else { return nil }
        guard let outcome, sources(of: planned, [outcome]) != nil, let answer = outcome.mounted else { return nil }
        do throws(TrustedPath.Failure) {
            var planned = planned
            var owner = (user: geteuid(), group: getegid())
            if !isElsewhere {
                let state = try mountPointState(planned, isFile: answer.isSingleObject)
                guard check(state.obstacle, planned, isFile: answer.isSingleObject) else { return nil }
                guard let path = state.path.exactText else {
                    report(.destinationDenied, "the destination leads to a path that is no text", planned)
                    return nil
                }
                planned.path = path
                // Of others nothing is known where only this user is.
                if way != .ownNamespaces { owner = state.owner }
            }
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
                planned: planned, source: answer.source, isSingleObject: answer.isSingleObject, owner: owner,
                cache: cache, staging: staging, device: device, machine: machine)
        } catch {
            report(.place(error), planned)
            return nil
        }
    }

    /// Whether a descriptor that was passed in is of any use; why not is reported.
    private mutating func isUsable(_ device: Int32, for planned: PlannedMount) -> Bool {
        let hasPlace = planned.isPassedDevice(on: machine) == nil
        guard let obstacle = PassedDevice.obstacle(device, hasPlace: hasPlace) else { return true }
        report(
            .noFUSE, "it cannot be mounted: \(obstacle.message)",
            hint: "open /dev/fuse, mount with it (fd=N), and start provision with that descriptor", planned)
        return false
    }

    /// How it will be mounted; nothing when it cannot be, which is reported.
    private mutating func way(for planned: PlannedMount) -> MountingWay? {
        guard let mounting, let way = mounting.way else {
            let alternative = "on_no_fuse: copy copies it instead, where it is read_only"
            report(
                .noFUSE, "it cannot be mounted: \(mounting?.message ?? "")",
                hint: "\(mounting?.hint ?? ""); \(alternative)", planned)
            return nil
        }
        if way == .helper, planned.mount.mount.allowsOtherUsers == true, !MountHelper.allowsOthers {
            report(
                .noFUSE, "it cannot be mounted: \(MountingObstacle.othersByHelper.message)",
                hint: "root writes it there; without `allow_other` only this user comes in", planned)
            return nil
        }
        let owner = planned.mount.ownership.owner
        let isOurs = [nil, geteuid()].contains(owner.user) && [nil, getegid()].contains(owner.group)
        guard way != .ownNamespaces || isOurs else {
            report(
                .destinationDenied,
                "in a namespace of its own COMMAND knows no `uid` and `gid` but its own, \(geteuid()) and \(getegid())",
                hint: "run as root, or leave the keys out", planned)
            return nil
        }
        return way
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

    func isCopiedWithoutFUSE(on machine: Machine) -> Bool {
        mount.mode.isMount && mount.mount.copiesWithoutFUSE && mount.mount.isReadOnly
            && passedDevice(on: machine) == nil
    }

    /// The descriptor of FUSE's device that was passed in for it.
    func passedDevice(on machine: Machine) -> Int32? { isPassedDevice(on: machine) ?? machine.fuseDescriptor }

    /// The same, where that is all that is known of where it is mounted.
    fileprivate func isPassedDevice(on machine: Machine) -> Int32? {
        PassedDevice.number(ofPath: mount.destination.absolute(home: machine.home))
    }
}
