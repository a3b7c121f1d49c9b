import CShims
import Glibc

/// Copies the content of one open file to another, empty one in the cheapest way that the two file systems offer:
/// sharing blocks, then the kernel's own copy, then reading and writing.
public enum WholeFileCopy {
    /// Below this size one read and one write cost less than asking the kernel for more.
    private static let smallFile = 128 << 10

    /// Copies until the source ends, be that before or behind the `expected` size; returns how many bytes that were.
    /// `isCancelled` is asked between steps, and a copy that is cancelled ends with ECANCELED.
    public static func copy(
        from source: borrowing OwnedDescriptor, to target: borrowing OwnedDescriptor, expected size: Int,
        progress: (Int) -> Void, isCancelled: () -> Bool
    ) throws(SystemError) -> Int {
        guard !isCancelled() else { throw SystemError(code: ECANCELED) }
        var done = 0
        if size <= smallFile {
            // One byte more than expected, so that a file that has grown is seen.
            let limit = max(size, 0) + 1
            done = try RangeCopy.readAndWrite(
                from: source, at: 0, count: limit, to: target, at: 0, bufferSize: limit, progress: progress,
                isCancelled: isCancelled)
            if done < limit { return done }
        } else if shim_clone(target.raw, source.raw) == 0 {
            // What was shared is the source as it is now, whatever was expected.
            let cloned = try target.entry().size
            progress(cloned)
            return cloned
        }
        return try done
            + RangeCopy.copy(
                from: source, at: done, count: .max - done, to: target, at: done, progress: progress,
                isCancelled: isCancelled)
    }
}
