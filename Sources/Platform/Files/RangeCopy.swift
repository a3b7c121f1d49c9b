import CShims
import Glibc

/// Copies a range of one open file into another: in the kernel where it can, else by reading and writing.
public enum RangeCopy {
    /// How much is asked of the kernel at once, and so how long a cancellation waits.
    static let step = 64 << 20
    private static let bufferSize = 1 << 20

    /// Copies `count` bytes, or fewer if the source ends before; returns how many. `isCancelled` is asked between
    /// steps, and a copy that is cancelled ends with ECANCELED.
    public static func copy(
        from source: borrowing OwnedDescriptor, at sourceStart: Int, count: Int, to target: borrowing OwnedDescriptor,
        at targetStart: Int, progress: (Int) -> Void = { _ in }, isCancelled: () -> Bool = { false }
    ) throws(SystemError) -> Int {
        var done = 0
        let (from, to) = (source.raw, target.raw)
        while done < count {
            guard !isCancelled() else { throw SystemError(code: ECANCELED) }
            var sourceOffset = Int64(sourceStart + done)
            var targetOffset = Int64(targetStart + done)
            let wanted = min(step, count - done)
            do throws(SystemError) {
                let copied = try SystemError.check {
                    shim_copy_file_range(from, &sourceOffset, to, &targetOffset, wanted)
                }
                // Some file systems (procfs, some network ones) say 0 where there is more.
                guard copied > 0 else { break }
                done += copied
                progress(copied)
            } catch  where [EXDEV, EINVAL, ENOSYS, EOPNOTSUPP, EPERM, EBADF].contains(error.code) {
                break
            }
        }
        guard done < count else { return done }
        return try done
            + readAndWrite(
                from: source, at: sourceStart + done, count: count - done, to: target, at: targetStart + done,
                bufferSize: bufferSize, progress: progress, isCancelled: isCancelled)
    }

    static func readAndWrite(
        from source: borrowing OwnedDescriptor, at sourceStart: Int, count: Int, to target: borrowing OwnedDescriptor,
        at targetStart: Int, bufferSize: Int, progress: (Int) -> Void, isCancelled: () -> Bool
    ) throws(SystemError) -> Int {
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: min(bufferSize, count), alignment: 4096)
        defer { buffer.deallocate() }
        var done = 0
        while done < count {
            guard !isCancelled() else { throw SystemError(code: ECANCELED) }
            let wanted = UnsafeMutableRawBufferPointer(rebasing: buffer.prefix(count - done))
            let got = try source.read(into: wanted, at: sourceStart + done)
            guard got > 0 else { break }
            try target.write(UnsafeRawBufferPointer(rebasing: wanted[..<got]), at: targetStart + done)
            done += got
            progress(got)
            // A short read is the end of the file: no need to ask again.
            if got < wanted.count { break }
        }
        return done
    }
}
