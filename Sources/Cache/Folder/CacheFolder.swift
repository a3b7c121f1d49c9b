import Glibc
import Platform
import Synchronization

/// Where a cache keeps its entries: a folder of this form below the one that the user has named, for this user alone. Whoever
/// could write there would choose what programs read.
///
///     FOLDER/provision-cache-1/
///         limits           what was asked for last
///         use              how much there is
///         sweep            held by who removes entries
///         00/ … ff/        entries
///
/// It may go at any moment, also with all that is above it; then it is made anew.
final class CacheFolder: Sendable {
    static let name: RawPath = "provision-cache-1"

    let path: RawPath
    private let current: Mutex<Current>

    private struct Current {
        var folder: SharedDescriptor?
        /// Why there is none.
        var obstacle = SystemError.notThere
        /// Not at every read of a folder that is gone for good.
        var nextAttempt = 0
    }

    /// Makes it where it is missing, or later if the disk is full.
    init(_ path: RawPath) throws(CacheFailure) {
        self.path = path
        do throws(CacheFailure) {
            current = Mutex(Current(folder: SharedDescriptor(try Self.make(path))))
        } catch {
            guard let obstacle = error.error, obstacle.isLackOfRoom else { throw error }
            current = Mutex(
                Current(folder: nil, obstacle: obstacle, nextAttempt: MonotonicTime.milliseconds + Self.pause))
        }
    }

    /// Nothing when there is none.
    init?(existingAt path: RawPath) throws(CacheFailure) {
        self.path = path
        do throws(TrustedPath.Failure) {
            let nearest = try TrustedPath(path.appending(Self.name)).nearestFolder()
            guard nearest.missing.isEmpty else { return nil }
        } catch {
            throw CacheFailure(path, error.reason)
        }
        current = Mutex(Current(folder: SharedDescriptor(try Self.make(path))))
    }

    /// What `init` would say, without making anything; the room there.
    static func check(_ path: RawPath) throws(CacheFailure) -> FileSystemRoom {
        do throws(TrustedPath.Failure) {
            let nearest = try TrustedPath(path.appending(name)).nearestFolder()
            do throws(SystemError) {
                let owner = try nearest.folder.entry().owner
                guard !nearest.missing.isEmpty || owner == geteuid() else { throw SystemError(code: EPERM) }
                try nearest.folder.checkWritable()
                return try nearest.folder.room()
            } catch {
                throw TrustedPath.Failure(path: nearest.folder.realPath ?? path, error: error)
            }
        } catch {
            throw CacheFailure(path, error.reason)
        }
    }

    private static func make(_ path: RawPath) throws(CacheFailure) -> OwnedDescriptor {
        let folder: OwnedDescriptor
        do throws(TrustedPath.Failure) {
            folder = try TrustedPath(path.appending(name)).makeFolder(mode: 0o700)
        } catch {
            throw CacheFailure(path, error.reason, error: error.error)
        }
        let isOurs: Bool
        do throws(SystemError) {
            isOurs = try folder.entry().owner == geteuid()
            if isOurs { try folder.setMode(0o700) }
        } catch {
            throw CacheFailure(path, error.description)
        }
        guard isOurs else { throw CacheFailure(path, "\(name.text) in it belongs to somebody else") }
        return folder
    }

    /// The folder as it is now. Throws while it is gone and cannot be made.
    func now() throws(SystemError) -> SharedDescriptor {
        let found = current.withLock { current -> Result<SharedDescriptor, SystemError> in
            if let folder = current.folder, (try? folder.file.entry().linkCount) ?? 0 > 0 { return .success(folder) }
            current.folder = nil
            let now = MonotonicTime.milliseconds
            guard now >= current.nextAttempt else { return .failure(current.obstacle) }
            current.nextAttempt = now + Self.pause
            do throws(CacheFailure) {
                let folder = SharedDescriptor(try Self.make(path))
                current.folder = folder
                return .success(folder)
            } catch {
                current.obstacle = error.error ?? .notThere
                return .failure(current.obstacle)
            }
        }
        return try found.get()
    }

    private static let pause = 1000

    /// A file that processes agree over, made where it is missing.
    func shared(_ name: RawPath) throws(SystemError) -> OwnedDescriptor {
        try .open(name, in: try now().file, FileFlags.readWrite, mode: 0o600)
    }

    /// Whether no entry has ever been made here.
    func isEmpty() throws(SystemError) -> Bool {
        let names = try now().file.names()
        return !names.contains { $0.bytes.count == 2 }
    }
}
