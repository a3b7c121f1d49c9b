import CShims
import Glibc
import Platform

/// A machine that loses its power may keep a file's name, size and time and not its bytes. Room that was reserved for a large
/// object then reads as zeros, and to the file system it is a hole; no copy of an object has one.
enum LostBytes {
    /// Of smaller objects no room is reserved: they come back with their bytes or with another size.
    static let smallest = 1 << 20

    /// Whether a file from before the machine's last start has lost some of its bytes. Where file systems leave out zeros by
    /// themselves, those count as lost, and come again.
    static func isCase(
        _ name: RawPath, in folder: borrowing OwnedDescriptor, since start: FileTime
    ) throws(SystemError) -> Bool {
        guard let entry = try folder.entryIfAny(of: name), entry.changed.seconds < start.seconds else { return false }
        let file: OwnedDescriptor
        do throws(SystemError) {
            file = try OwnedDescriptor.open(name, in: folder, FileFlags.readWithoutWaiting)
        } catch  where error.code == EACCES {
            // Who may not read it cannot say.
            return false
        }
        let answer = shim_has_unwritten(file.raw, Int64(entry.size))
        if answer >= 0 { return answer == 1 }
        // Such a file system may say at least where holes are, but for those that somebody has read since.
        return (0..<Int64(entry.size)).contains(shim_next_hole(file.raw, 0))
    }
}
