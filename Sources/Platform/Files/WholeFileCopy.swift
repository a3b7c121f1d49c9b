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
        } else {
            done = try copyAroundHoles(from: source, to: target, progress, isCancelled)
        }
        return try done
            + RangeCopy.copy(
                from: source, at: done, count: .max - done, to: target, at: done, progress: progress,
                isCancelled: isCancelled)
    }

    /// Copies a file with holes and leaves them out; how far that came, which is nowhere when there are none, or the file system
    /// does not say where they are.
    private static func copyAroundHoles(
        from source: borrowing OwnedDescriptor, to target: borrowing OwnedDescriptor, _ progress: (Int) -> Void,
        _ isCancelled: () -> Bool
    ) throws(SystemError) -> Int {
        let file = source.raw
        let size = try source.entry().size
        // Every file has one at its end.
        guard (0..<Int64(size)).contains(shim_next_hole(file, 0)) else { return 0 }
        var done = 0
        while done < size {
            guard !isCancelled() else { throw SystemError(code: ECANCELED) }
            let found = shim_next_data(file, Int64(done))
            guard found >= 0 || errno == ENXIO else { throw SystemError() }
            // Behind the last data there is but a hole.
            let data = found < 0 ? size : min(size, Int(found))
            progress(data - done)
            done = data
            guard done < size else { break }
            let end = min(size, Int(try SystemError.check { shim_next_hole(file, Int64(done)) }))
            let copied = try RangeCopy.copy(
                from: source, at: done, count: end - done, to: target, at: done, progress: progress,
                isCancelled: isCancelled)
            done += copied
            // It has become shorter meanwhile.
            guard done == end else { return done }
        }
        try target.resize(to: size)
        return done
    }
}
