import CShims
import Glibc
import Platform
import TaskFile

/// What is where something is to be mounted. No mount that may be there already is asked: its server could be dead.
struct MountPointState {
    enum Obstacle {
        case holdsSomething
        case wrongKind
        /// Of which type.
        case otherMount(String)
    }

    private(set) var obstacle: Obstacle?
    /// A mount of this program's is there, alive or dead.
    private(set) var isMountOfOurs = false
    /// The destination without links on the way, as far as it is there.
    let path: RawPath
    /// Who makes what is missing is its owner.
    private(set) var owner: (user: UInt32, group: UInt32) = (geteuid(), getegid())

    init(_ planned: PlannedMount, isFile: Bool, on machine: Machine) throws(TrustedPath.Failure) {
        let wanted = Self.wanted(planned, isFile: isFile, on: machine)
        let root = machine.absoluteRoot.map { RawPath($0) } ?? "/"
        let above = try TrustedPath(root: root, wanted.parent).nearestFolder()
        guard above.missing.isEmpty, let facts = Self.facts(of: wanted.lastComponent, in: above.folder) else {
            path = Self.path(of: above.folder, above.missing + [wanted.lastComponent])
            return
        }
        guard facts.mode & S_IFMT == S_IFLNK else {
            path = Self.path(of: above.folder, [wanted.lastComponent])
            look(at: wanted.lastComponent, facts, in: above.folder, isFile: isFile)
            return
        }
        let target = try TrustedPath(root: root, wanted).nearestFolder()
        path = Self.path(of: target.folder, target.missing)
        guard target.missing.isEmpty, let facts = Self.facts(of: "", in: target.folder) else { return }
        look(at: ".", facts, in: target.folder, isFile: isFile)
    }

    /// Inside of another mount of the same task, which may not be there yet, or be dead: nobody looks before it mounts.
    init(_ planned: PlannedMount, inside outer: PlannedMount, isFile: Bool, on machine: Machine) {
        let wanted = Self.wanted(planned, isFile: isFile, on: machine)
        let above = RawPath(outer.mount.destination.absolute(home: machine.home))
        path = RawPath(outer.path).appending(RawPath(wanted.bytes.dropFirst(above.bytes.count + 1)))
    }

    private static func wanted(_ planned: PlannedMount, isFile: Bool, on machine: Machine) -> RawPath {
        let destination = planned.mount.destination
        let wanted = RawPath(destination.absolute(home: machine.home))
        guard isFile, destination.isFolder, let source = planned.mount.sources.first else { return wanted }
        return wanted.appending(RawPath(source.baseName))
    }

    private static func facts(of name: RawPath, in folder: borrowing OwnedDescriptor) -> shim_mount_facts? {
        var facts = shim_mount_facts()
        let folder = folder.raw
        let found: Int32? = try? name.call { shim_mount_facts(folder, $0, &facts) }
        return found == nil ? nil : facts
    }

    private static func path(of folder: borrowing OwnedDescriptor, _ names: [RawPath]) -> RawPath {
        names.reduce(folder.realPath ?? "/") { $0.appending($1) }
    }

    private mutating func look(
        at name: RawPath, _ facts: shim_mount_facts, in folder: borrowing OwnedDescriptor, isFile: Bool
    ) {
        if let entry = try? folder.entry(of: name) { owner = (entry.owner, entry.group) }
        guard !facts.is_root else {
            let type = MountTable.type(ofMount: facts.mount) ?? "unknown"
            // One of ours may be the very mount that is wanted, or a dead one: who mounts will see.
            isMountOfOurs = type == MountTable.ourType
            if !isMountOfOurs { obstacle = .otherMount(type) }
            return
        }
        guard facts.mode & S_IFMT == (isFile ? S_IFREG : S_IFDIR) else {
            obstacle = .wrongKind
            return
        }
        if isFile {
            if let entry = try? folder.entry(of: name), entry.size > 0 { obstacle = .holdsSomething }
        } else if let place = try? OwnedDescriptor.open(name, in: folder, FileFlags.folder), !place.isEmptyFolder {
            obstacle = .holdsSomething
        }
    }
}
