import CShims
import Glibc
import Platform

/// The place where something is going to be mounted: held open from the first look on, so that it is mounted over what
/// was looked at.
///
/// A dead mount that stands there, of whose server only ENOTCONN is left, is taken away. Anything else that is mounted
/// there is somebody's, and is left alone.
struct Destination: ~Copyable {
    let place: OwnedDescriptor
    /// Without links.
    let path: RawPath
    let facts: shim_mount_facts

    /// How many dead mounts may lie over one another.
    private static let mostDead = 64

    static func prepare(_ options: MountOptions) throws(MountFailure) -> Destination {
        for _ in 0..<mostDead {
            let destination = try look(options)
            guard destination.facts.is_root else {
                try destination.checkKind(options)
                if !options.coversContent { try destination.checkEmptiness(options) }
                return destination
            }
            guard DeadMount.state(of: destination.place) == .dead else {
                if options.coversContent {
                    try destination.checkKind(options)
                    return destination
                }
                throw MountFailure(
                    .nonemptyDestination, "something else is mounted at `\(options.destination.text)`",
                    hint: "it is left alone: unmount it, or mount over it with on_nonempty: overlay")
            }
            try destination.detach()
        }
        throw MountFailure(.destinationDenied, "too many dead mounts lie over `\(options.destination.text)`")
    }

    // MARK: Looking

    /// Without asking a server, who may be dead or worse.
    private static func look(_ options: MountOptions) throws(MountFailure) -> Destination {
        var path = options.destination
        for _ in 0..<40 {
            let folder = try folder(above: path)
            let name = path.lastComponent
            do throws(SystemError) {
                if !options.isFile {
                    try folder.makeFolderUnlessThere(name)
                } else if (try? OwnedDescriptor.open(name, in: folder, FileFlags.path)) == nil {
                    _ = try OwnedDescriptor.open(name, in: folder, FileFlags.create)
                }
                let place = try OwnedDescriptor.open(name, in: folder, FileFlags.path)
                var facts = shim_mount_facts()
                try SystemError.check { shim_mount_facts(place.raw, "", &facts) }
                guard facts.mode & S_IFMT == S_IFLNK else {
                    guard let above = folder.realPath else { throw SystemError(code: ENOENT) }
                    return Destination(place: place, path: above.appending(name), facts: facts)
                }
                let target = try followable(name, in: folder)
                path = target.isAbsolute ? target : path.parent.appending(target)
            } catch {
                throw denied(options.destination, error)
            }
        }
        throw denied(options.destination, SystemError(code: ELOOP))
    }

    private static func folder(above path: RawPath) throws(MountFailure) -> OwnedDescriptor {
        guard path.isAbsolute, !path.components.isEmpty else {
            throw MountFailure(.destinationDenied, "`\(path.text)` is no place to mount at")
        }
        do throws(TrustedPath.Failure) {
            return try TrustedPath(path.parent).makeFolder()
        } catch {
            throw MountFailure(.destinationDenied, "`\(path.text)` cannot be reached: \(error.reason)")
        }
    }

    /// Whoever else could make a link would choose where root mounts.
    private static func followable(
        _ name: RawPath, in folder: borrowing OwnedDescriptor
    ) throws(SystemError) -> RawPath {
        guard try folder.entry(of: name).isTrustedLink else { throw SystemError(code: EACCES) }
        return try folder.target(ofLink: name)
    }

    private static func denied(_ path: RawPath, _ error: SystemError) -> MountFailure {
        MountFailure(.destinationDenied, "nothing can be mounted at `\(path.text)`: \(error.description)")
    }

    // MARK: What is there

    private borrowing func checkKind(_ options: MountOptions) throws(MountFailure) {
        let wanted = options.isFile ? S_IFREG : S_IFDIR
        guard facts.mode & S_IFMT == wanted else {
            throw MountFailure(
                .destinationDenied,
                "`\(options.destination.text)` is no \(options.isFile ? "plain file" : "folder")")
        }
    }

    private borrowing func checkEmptiness(_ options: MountOptions) throws(MountFailure) {
        let isEmpty = options.isFile ? (try? place.entry().size) == 0 : place.isEmptyFolder
        guard isEmpty else {
            throw MountFailure(
                .nonemptyDestination, "`\(options.destination.text)` holds something already",
                hint: "on_nonempty: overlay hides it as long as the mount is there")
        }
    }

    private borrowing func detach() throws(MountFailure) {
        do throws(SystemError) {
            try MountPlace.detachOrFail(path)
        } catch {
            throw MountFailure(
                .destinationDenied, "a dead mount at `\(path.text)` cannot be taken away: \(error.description)",
                hint: "umount -l \(path.text)")
        }
    }
}
