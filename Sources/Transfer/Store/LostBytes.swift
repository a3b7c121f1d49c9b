import CShims
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
        let file = try OwnedDescriptor.open(name, in: folder, FileFlags.readWithoutWaiting)
        let entry = try file.entry()
        guard entry.changed.seconds < start.seconds, entry.size > 0 else { return false }
        return (0..<Int64(entry.size)).contains(shim_next_hole(file.raw, 0))
    }
}
