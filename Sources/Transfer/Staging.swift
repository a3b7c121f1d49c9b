import CShims
import Plan
import Platform
import Synchronization

/// The folder inside of a destination where files are written before they get their names: on the same file system, so that
/// a file appears whole or not at all, with a random name, and for nobody else to look into. It is made when the first file
/// needs it: a run that finds everything in place changes nothing, not even the destination's time.
final class Staging: Sendable {
    private let name: RawPath
    private let destination: SharedDescriptor
    private let made = Mutex<SharedDescriptor?>(nil)
    private let counter = Atomic(0)

    init(in destination: SharedDescriptor, notes: borrowing DestinationNotes) throws(CopyFailure) {
        if let left = notes.leftStaging() { Self.remove(left, from: destination.file) }
        self.destination = destination
        name = RawPath(RawPath.stagingPrefix + Self.random() + ".tmp")
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

    /// What is in it are files of ours; if something is left, the next run finds the note and tries again.
    private static func remove(_ name: RawPath, from destination: borrowing OwnedDescriptor) {
        guard let folder = try? OwnedDescriptor.open(name, in: destination, FileFlags.folder) else { return }
        for file in (try? folder.names()) ?? [] { try? folder.remove(file) }
        try? destination.remove(name, isFolder: true)
    }

    private static func random() -> String {
        var number: UInt64 = 0
        withUnsafeMutableBytes(of: &number) { bytes in
            // Never fails for so few bytes once the system is up; names are random to be hard to guess, O_EXCL makes them safe.
            _ = shim_getrandom(bytes.baseAddress, bytes.count)
        }
        return String(number, radix: 36)
    }
}
