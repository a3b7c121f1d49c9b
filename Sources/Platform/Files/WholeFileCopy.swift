import CShims
import Glibc

/// Copies the content of one open file to another in the cheapest way that the two file systems offer: sharing blocks,
/// then the kernel's own copy, then reading and writing.
public enum WholeFileCopy {
    /// Below this size one read and one write cost less than asking the kernel for more.
    private static let smallFile = 128 << 10
    private static let step = 64 << 20

    /// Copies until the source ends; returns how many bytes that were. `isCancelled` is asked between steps, and a copy
    /// that is cancelled ends with ECANCELED.
    public static func copy(
        from source: borrowing OwnedDescriptor, to target: borrowing OwnedDescriptor, expected size: Int,
        progress: (Int) -> Void, isCancelled: () -> Bool
    ) throws(SystemError) -> Int {
        if size <= smallFile {
            return try readAndWrite(source, target, from: 0, bufferSize: size + 1, progress, isCancelled)
        }
        if shim_clone(target.raw, source.raw) == 0 {
            progress(size)
            return size
        }
        return try copyInKernel(source, target, progress, isCancelled)
    }

    private static func copyInKernel(
        _ source: borrowing OwnedDescriptor, _ target: borrowing OwnedDescriptor, _ progress: (Int) -> Void,
        _ isCancelled: () -> Bool
    ) throws(SystemError) -> Int {
        var done = 0
        let (from, to) = (source.raw, target.raw)
        while true {
            guard !isCancelled() else { throw SystemError(code: ECANCELED) }
            var sourceOffset = Int64(done)
            var targetOffset = Int64(done)
            do throws(SystemError) {
                let count = try SystemError.check {
                    shim_copy_file_range(from, &sourceOffset, to, &targetOffset, step)
                }
                if count == 0 {
                    // Some file systems (procfs, some network ones) say 0 where there is more.
                    return try readAndWrite(source, target, from: done, bufferSize: 1 << 20, progress, isCancelled)
                }
                done += count
                progress(count)
            } catch  where [EXDEV, EINVAL, ENOSYS, EOPNOTSUPP, EPERM, EBADF].contains(error.code) {
                return try readAndWrite(source, target, from: done, bufferSize: 1 << 20, progress, isCancelled)
            }
        }
    }

    private static func readAndWrite(
        _ source: borrowing OwnedDescriptor, _ target: borrowing OwnedDescriptor, from start: Int, bufferSize: Int,
        _ progress: (Int) -> Void, _ isCancelled: () -> Bool
    ) throws(SystemError) -> Int {
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: bufferSize, alignment: 4096)
        defer { buffer.deallocate() }
        var done = start
        while true {
            guard !isCancelled() else { throw SystemError(code: ECANCELED) }
            let count = try source.read(into: buffer, at: done)
            guard count > 0 else { return done }
            try target.write(UnsafeRawBufferPointer(rebasing: buffer[..<count]), at: done)
            done += count
            progress(count)
            // A short read is the end of the file: no need to ask again.
            if count < bufferSize { return done }
        }
    }
}
