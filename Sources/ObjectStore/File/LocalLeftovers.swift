import Glibc
import Platform
import Synchronization

/// Removes what killed processes have left of files that they were putting, but only what surely nobody writes any more: a file
/// with a name of ours and no other, of this user, that nobody has touched for a day, and that nobody has locked, as whoever
/// puts one does. Uploads in parts stay, for another process may go on with them.
final class LocalLeftovers: Sendable {
    private static let day = 86_400

    private let now: @Sendable () -> Int
    /// Device and inode of the folders that have been looked at: once is enough.
    private let seen = Mutex<Set<[UInt64]>>([])

    init(now: @escaping @Sendable () -> Int = { Timestamp.secondsNow }) {
        self.now = now
    }

    /// What cannot be looked at, or not be removed, is left.
    func sweep(_ folder: borrowing OwnedDescriptor) {
        guard let place = try? folder.entry(), seen.withLock({ $0.insert([place.device, place.inode]).inserted }) else {
            return
        }
        for name in (try? folder.names()) ?? [] where LocalKey.isTemporaryName(name) {
            guard let file = try? OwnedDescriptor.open(name, in: folder, O_RDONLY | O_NONBLOCK),
                let entry = try? file.entry(), isStale(entry), (try? file.lock(waiting: false)) == true,
                // Still the same one, now that it is locked.
                let named = try? folder.entry(of: name), named.inode == entry.inode, named.changed == entry.changed
            else { continue }
            try? folder.remove(name)
        }
    }

    private func isStale(_ entry: FileEntry) -> Bool {
        entry.kind == .file && entry.linkCount == 1 && entry.owner == geteuid()
            && max(entry.changed.seconds, entry.modified.seconds) + Self.day < now()
    }
}
