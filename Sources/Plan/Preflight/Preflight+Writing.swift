import Glibc
import Platform
import TaskFile

/// What could stop a program that writes to a mount.
extension Preflight {
    /// Where what is written is staged; nothing when that cannot be, which has been reported.
    mutating func checkedStaging(_ staging: PlannedStaging, _ planned: PlannedMount) -> PlannedStaging? {
        let room: FileSystemRoom
        let isInMemory: Bool
        do throws(TrustedPath.Failure) {
            let nearest = try TrustedPath(RawPath(staging.folder)).nearestFolder()
            do throws(SystemError) {
                let owner = try nearest.folder.entry().owner
                guard !nearest.missing.isEmpty || owner == geteuid() else { throw SystemError(code: EPERM) }
                try nearest.folder.checkWritable()
                room = try nearest.folder.room()
                isInMemory = try nearest.folder.isInMemory()
            } catch {
                throw TrustedPath.Failure(path: RawPath(staging.folder), error: error)
            }
        } catch {
            report(
                .destinationDenied, "the staging folder cannot be made: \(error.reason)",
                hint: "another folder can be named: staging: {dir: …}, --state-dir", planned)
            return nil
        }
        guard room.bytes >= PlannedStaging.leastSize else {
            report(
                .notEnoughDisk,
                "what is written to `\(planned.shownDestination)` is staged in \(staging.folder), where \(room.bytes) bytes are free",
                hint: "free some room, or name another folder: staging: {dir: …}", planned)
            return nil
        }
        if let size = staging.size, size > room.bytes {
            report(
                .notEnoughDisk,
                "`staging.size` is \(ByteSize(bytes: size)), but \(room.bytes) bytes are free in \(staging.folder)",
                hint: "programs that write wait for uploads when the disk is full", planned, severity: .warning)
        }
        if isInMemory {
            report(
                .badValue,
                "the staging folder \(staging.folder) is in memory (tmpfs): what is not in the bucket yet is lost when the machine stops",
                hint: "name a folder on a disk: staging: {dir: …}", planned, severity: .warning)
        }
        return PlannedStaging(
            folder: staging.folder, size: staging.size ?? PlannedStaging.usualSize(free: room.bytes))
    }

    /// A folder of this machine is looked at. Whether a bucket may be written to nobody can say without writing to it.
    mutating func isSourceWritable(_ planned: PlannedMount, isSingleObject: Bool) -> Bool {
        guard let source = planned.mount.sources.first, let path = machine.path(of: source.location, planned.mount)
        else { return true }
        do throws(SystemError) {
            let folder = isSingleObject ? RawPath(path).parent : RawPath(path)
            try OwnedDescriptor.open(folder, FileFlags.folder).checkWritable()
            return true
        } catch {
            report(
                .denied, "the source \(path) cannot be written to: \(error.description)",
                hint: "read_only: true mounts it for reading", planned)
            return false
        }
    }
}
