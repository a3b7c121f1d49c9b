import CShims
import Glibc
import Plan
import Platform
import Synchronization

/// The folder inside of a destination where files are written before they get their names: on the same file system, so that
/// a file appears whole or not at all, with a random name, and for nobody else to look into. It is made when the first file
/// needs it: a run that finds everything in place changes nothing, not even the destination's time. One that a run has left
/// behind with parts of large objects in it is gone on with.
final class Staging: Sendable {
    private let name: RawPath
    private let destination: SharedDescriptor
    private let made = Mutex<SharedDescriptor?>(nil)
    private let counter = Atomic(0)

    /// `isItem`: whether a name directly below the destination is one of what is copied. Then a folder of that name holds
    /// nothing of ours any more, which has been looked at before.
    init(
        in destination: SharedDescriptor, notes: borrowing DestinationNotes,
        isItem: (RawPath) throws(CopyFailure) -> Bool
    ) throws(CopyFailure) {
        self.destination = destination
        if let left = notes.leftStaging(), try !isItem(left) {
            if let folder = Self.adopt(left, in: destination.file) {
                name = left
                made.withLock { $0 = folder }
                return
            }
            Self.remove(left, from: destination.file)
        }
        name = .staging(Self.random())
        // Noted before it is made: a kill between the two leaves a note without a folder, not a folder without a note.
        try notes.note(staging: name)
    }

    func folder() throws(CopyFailure) -> SharedDescriptor {
        let result = made.withLock { made -> Result<SharedDescriptor, CopyFailure> in
            if let made { return .success(made) }
            do throws(SystemError) {
                try destination.file.makeFolder(name, mode: 0o700)
                let folder = SharedDescriptor(try .open(name, in: destination.file, FileFlags.folder))
                made = folder
                return .success(folder)
            } catch {
                return .failure(CopyFailure.writing(name, error))
            }
        }
        return try result.get()
    }

    /// A name that no other file of this folder has.
    func nextName() -> RawPath {
        RawPath(String(counter.add(1, ordering: .relaxed).newValue))
    }

    func remove(notes: borrowing DestinationNotes) {
        if made.withLock({ $0 != nil }) { Self.remove(name, from: destination.file) }
        notes.forgetStaging()
    }

    /// The copy has failed: what can be gone on with stays.
    func leave(notes: borrowing DestinationNotes) {
        let holdsParts = made.withLock { folder in
            folder.map { Self.clear($0.file, keeping: \.isPartial) } ?? false
        }
        if !holdsParts { remove(notes: notes) }
    }

    /// A folder that a run has left, when it is ours and holds something to go on with.
    private static func adopt(_ name: RawPath, in destination: borrowing OwnedDescriptor) -> SharedDescriptor? {
        guard let folder = try? OwnedDescriptor.open(name, in: destination, FileFlags.folder),
            let entry = try? folder.entry(), entry.owner == geteuid(), entry.mode & 0o077 == 0
        else { return nil }
        guard clear(folder, keeping: \.isPartial) else { return nil }
        return SharedDescriptor(folder)
    }

    /// Removes the files of a staging folder but for those to keep; whether there are any. What is not called as ours are,
    /// somebody else has put there.
    private static func clear(
        _ folder: borrowing OwnedDescriptor, keeping isKept: (RawPath) -> Bool
    ) -> Bool {
        var keeps = false
        for file in (try? folder.names()) ?? [] {
            if isKept(file) { keeps = true } else if file.isInStaging { try? folder.remove(file) }
        }
        return keeps
    }

    /// What is in it are files of ours; if something is left, the next run finds the note and tries again.
    private static func remove(_ name: RawPath, from destination: borrowing OwnedDescriptor) {
        guard let folder = try? OwnedDescriptor.open(name, in: destination, FileFlags.folder) else { return }
        _ = clear(folder, keeping: { _ in false })
        try? destination.remove(name, isFolder: true)
    }

    private static func random() -> UInt64 {
        var number: UInt64 = 0
        withUnsafeMutableBytes(of: &number) { bytes in
            // Never fails for so few bytes once the system is up; names are random to be hard to guess, O_EXCL makes them safe.
            _ = shim_getrandom(bytes.baseAddress, bytes.count)
        }
        return number
    }
}
