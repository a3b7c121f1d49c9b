import Glibc

/// Reaches a folder by an absolute path that others may have a hand in. A link on the way is followed only when root or
/// the caller owns it: whoever else could make one would choose where a program that runs as root writes.
public struct TrustedPath: Sendable {
    /// What stands for `/`; links are resolved inside of it as well.
    public var root: RawPath
    public var path: RawPath

    public init(root: RawPath = "/", _ path: RawPath) {
        self.root = root
        self.path = path
    }

    public struct Failure: Error, Equatable, Sendable {
        /// The name on the way that could not be passed.
        public var path: RawPath
        public var error: SystemError
        public var isForeignLink: Bool

        public init(path: RawPath, error: SystemError, isForeignLink: Bool = false) {
            self.path = path
            self.error = error
            self.isForeignLink = isForeignLink
        }

        public var reason: String {
            isForeignLink
                ? "\(path.text) is a link that neither root nor this user owns" : "\(path.text): \(error.description)"
        }
    }

    /// The folder, and every missing one on the way made.
    public func makeFolder(mode: UInt32 = 0o777) throws(Failure) -> OwnedDescriptor {
        if root != "/" { _ = try TrustedPath(root).makeFolder(mode: mode) }
        let way = try Way(from: root, making: mode)
        try way.follow(path)
        return try way.end()
    }

    /// The folder, or the nearest one above it that is there, with the names that are missing from there on.
    public func nearestFolder() throws(Failure) -> NearestFolder {
        do throws(Failure) {
            let way = try Way(from: root, making: nil)
            try way.follow(path)
            return NearestFolder(folder: try way.end(), missing: way.missing)
        } catch  where error.error.code == ENOENT && error.path == root && root != "/" {
            // The root itself is made when it is needed: look above it.
            let above = try TrustedPath(root).nearestFolder()
            let missing = above.missing + path.components
            return NearestFolder(folder: above.folder, missing: missing)
        }
    }
}

public struct NearestFolder: ~Copyable, Sendable {
    public let folder: OwnedDescriptor
    public let missing: [RawPath]
}

/// A walk along a path. Every folder from the root on is kept open, so that `..` leads back the way it came.
private final class Way {
    private final class Folder {
        let descriptor: OwnedDescriptor
        let name: RawPath

        init(_ descriptor: consuming OwnedDescriptor, name: RawPath) {
            self.descriptor = descriptor
            self.name = name
        }
    }

    private var folders: [Folder]
    private let root: RawPath
    /// The mode of the folders that are made; nothing when none is.
    private let making: UInt32?
    private(set) var missing: [RawPath] = []
    private var linksLeft = 40

    init(from root: RawPath, making: UInt32?) throws(TrustedPath.Failure) {
        self.root = root
        self.making = making
        do throws(SystemError) {
            folders = [Folder(try .open(root, FileFlags.folder), name: "")]
        } catch {
            throw TrustedPath.Failure(path: root, error: error)
        }
    }

    /// The folder where the walk is.
    func end() throws(TrustedPath.Failure) -> OwnedDescriptor {
        do throws(SystemError) {
            return try folders[folders.count - 1].descriptor.duplicate()
        } catch {
            throw failure(at: "", error)
        }
    }

    func follow(_ path: RawPath) throws(TrustedPath.Failure) {
        for name in path.components where name != "." {
            if !missing.isEmpty {
                missing.append(name)
            } else if name == ".." {
                if folders.count > 1 { folders.removeLast() }
            } else {
                try step(to: name)
            }
        }
    }

    private func step(to name: RawPath) throws(TrustedPath.Failure) {
        guard let target = try linkTarget(orStepTo: name) else { return }
        linksLeft -= 1
        guard linksLeft >= 0 else { throw failure(at: name, SystemError(code: ELOOP)) }
        if target.isAbsolute { folders.removeSubrange(1...) }
        try follow(target)
    }

    /// Steps into a folder, or says where a link leads.
    private func linkTarget(orStepTo name: RawPath) throws(TrustedPath.Failure) -> RawPath? {
        let current = folders[folders.count - 1]
        do throws(SystemError) {
            if let making { try current.descriptor.makeFolderUnlessThere(name, mode: making) }
            guard let entry = try current.descriptor.entryIfAny(of: name) else {
                missing.append(name)
                return nil
            }
            guard entry.kind == .link else {
                folders.append(Folder(try .open(name, in: current.descriptor, FileFlags.folder), name: name))
                return nil
            }
            if entry.isTrustedLink { return try current.descriptor.target(ofLink: name) }
        } catch {
            throw failure(at: name, error)
        }
        throw failure(at: name, SystemError(code: EACCES), isForeignLink: true)
    }

    private func failure(
        at name: RawPath, _ error: SystemError, isForeignLink: Bool = false
    ) -> TrustedPath.Failure {
        let path = folders.dropFirst().reduce(root) { $0.appending($1.name) }.appending(name)
        return TrustedPath.Failure(path: path, error: error, isForeignLink: isForeignLink)
    }
}
