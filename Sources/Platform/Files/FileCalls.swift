import CShims
import Glibc

/// Calls on open files and on names in open folders. Interruptions are handled here and nowhere else.
extension OwnedDescriptor {
    // MARK: Looking

    public func entry() throws(SystemError) -> FileEntry {
        var status = stat()
        try SystemError.check { fstat(raw, &status) }
        return FileEntry(status)
    }

    /// What stands under a name in this folder; links are not followed.
    public func entry(of name: RawPath) throws(SystemError) -> FileEntry {
        var status = stat()
        try name.call { fstatat(raw, $0, &status, AT_SYMLINK_NOFOLLOW) }
        return FileEntry(status)
    }

    /// The same, or nothing when there is nothing.
    public func entryIfAny(of name: RawPath) throws(SystemError) -> FileEntry? {
        do throws(SystemError) {
            return try entry(of: name)
        } catch  where error.code == ENOENT {
            return nil
        }
    }

    public func target(ofLink name: RawPath) throws(SystemError) -> RawPath {
        var buffer = [UInt8](repeating: 0, count: Int(PATH_MAX) + 1)
        let count = try name.call { name in
            buffer.withUnsafeMutableBytes {
                readlinkat(raw, name, $0.baseAddress!.assumingMemoryBound(to: CChar.self), $0.count)
            }
        }
        return RawPath(buffer[..<count])
    }

    /// Where the file is now, without links on the way; nothing when the system does not tell.
    public var realPath: RawPath? {
        guard let folder = try? OwnedDescriptor.open("/proc/self/fd", FileFlags.path) else { return nil }
        return try? folder.target(ofLink: RawPath(String(raw)))
    }

    /// Free bytes and inodes for this user of the file system that the file is on.
    public func room() throws(SystemError) -> FileSystemRoom {
        var status = statvfs()
        try SystemError.check { fstatvfs(raw, &status) }
        return FileSystemRoom(status)
    }

    /// Whether what is written here is lost when the machine stops (tmpfs).
    public func isInMemory() throws(SystemError) -> Bool {
        try SystemError.check { shim_is_in_memory(raw) } == 1
    }

    /// Whether it lies in an overlay of folders, as what containers have of their own does.
    public func isInOverlay() throws(SystemError) -> Bool {
        try SystemError.check { shim_is_in_overlay(raw) } == 1
    }

    /// Throws when this user may not make or remove names in this folder, also because nobody may.
    public func checkWritable() throws(SystemError) {
        try SystemError.check { faccessat(raw, ".", W_OK | X_OK, AT_EACCESS) }
    }

    // MARK: Changing names

    public func makeFolder(_ name: RawPath, mode: UInt32 = 0o777) throws(SystemError) {
        try name.call { mkdirat(raw, $0, mode) }
    }

    /// False when something is there; what that is, is for the caller to see.
    @discardableResult
    public func makeFolderUnlessThere(_ name: RawPath, mode: UInt32 = 0o777) throws(SystemError) -> Bool {
        do throws(SystemError) {
            try makeFolder(name, mode: mode)
            return true
        } catch  where error.code == EEXIST {
            return false
        }
    }

    public func makeLink(_ name: RawPath, to target: RawPath) throws(SystemError) {
        try target.withCString { target throws(SystemError) in _ = try name.call { symlinkat(target, raw, $0) } }
    }

    public func remove(_ name: RawPath, isFolder: Bool = false) throws(SystemError) {
        try name.call { unlinkat(raw, $0, isFolder ? AT_REMOVEDIR : 0) }
    }

    public func removeIfAny(_ name: RawPath) throws(SystemError) {
        do throws(SystemError) { try remove(name) } catch  where error.code == ENOENT {}
    }

    /// Moves a name of this folder to a name of another, replacing what is there.
    public func rename(
        _ name: RawPath, to newName: RawPath, in folder: borrowing OwnedDescriptor
    ) throws(SystemError) {
        let target = folder.raw
        try name.withCString { name throws(SystemError) in
            _ = try newName.call { renameat(raw, name, target, $0) }
        }
    }

    /// The same, but fails with EEXIST where something is.
    public func renameToNew(
        _ name: RawPath, to newName: RawPath, in folder: borrowing OwnedDescriptor
    ) throws(SystemError) {
        let target = folder.raw
        do throws(SystemError) {
            try name.withCString { name throws(SystemError) in
                _ = try newName.call { shim_renameat2_noreplace(raw, name, target, $0) }
            }
        } catch  where error.code == EINVAL || error.code == ENOSYS {
            try renameToNewByLinking(name, to: newName, in: folder)
        }
    }

    /// A name of this folder and one of another change places in one step.
    public func exchange(
        _ name: RawPath, with otherName: RawPath, in folder: borrowing OwnedDescriptor
    ) throws(SystemError) {
        let other = folder.raw
        try name.withCString { name throws(SystemError) in
            _ = try otherName.call { shim_renameat2_exchange(raw, name, other, $0) }
        }
    }

    /// For network file systems, most of which refuse a second name as atomically.
    func renameToNewByLinking(
        _ name: RawPath, to newName: RawPath, in folder: borrowing OwnedDescriptor
    ) throws(SystemError) {
        let target = folder.raw
        try name.withCString { name throws(SystemError) in
            _ = try newName.call { linkat(raw, name, target, $0, 0) }
        }
        try remove(name)
    }

    // MARK: Changing content and attributes

    public func setMode(_ mode: UInt32) throws(SystemError) {
        try SystemError.check { fchmod(raw, mode) }
    }

    /// Of a name that is no link: those have no mode.
    public func setMode(of name: RawPath, _ mode: UInt32) throws(SystemError) {
        let file = try OwnedDescriptor.open(name, in: self, FileFlags.read | O_NOFOLLOW | O_NONBLOCK)
        try file.setMode(mode)
    }

    public func setModified(_ time: FileTime) throws(SystemError) {
        let times = [timespec(tv_sec: 0, tv_nsec: Int(shim_utime_omit)), time.timespec]
        try SystemError.check { futimens(raw, times) }
    }

    /// Of a name, without following a link; what is not given stays.
    public func setTimes(of name: RawPath, accessed: FileTime?, modified: FileTime?) throws(SystemError) {
        let omitted = timespec(tv_sec: 0, tv_nsec: Int(shim_utime_omit))
        let times = [accessed?.timespec ?? omitted, modified?.timespec ?? omitted]
        try name.call { utimensat(raw, $0, times, AT_SYMLINK_NOFOLLOW) }
    }

    /// Of a link itself, not of what it names.
    public func setModified(ofLink name: RawPath, _ time: FileTime) throws(SystemError) {
        let times = [timespec(tv_sec: 0, tv_nsec: Int(shim_utime_omit)), time.timespec]
        try name.call { utimensat(raw, $0, times, AT_SYMLINK_NOFOLLOW) }
    }

    /// Makes the file this large and takes the room for it at once, where the file system can and it is not memory: then it
    /// cannot be missing later, and the file lies in one piece.
    public func reserve(_ size: Int) throws(SystemError) {
        guard size > 0 else { return }
        if try !isInMemory() {
            do throws(SystemError) {
                try SystemError.check { shim_fallocate(raw, Int64(size)) }
                return
            } catch  where [EOPNOTSUPP, ENOSYS, EINVAL].contains(error.code) {}
        }
        try SystemError.check { ftruncate(raw, off_t(size)) }
    }

    /// What is beyond goes; what is missing reads as zeros.
    public func resize(to size: Int) throws(SystemError) {
        try SystemError.check { ftruncate(raw, off_t(size)) }
    }

    /// Makes a range read as zeros and gives its room back, where the file system can. The size stays.
    public func clear(_ range: Range<Int>) throws(SystemError) {
        guard !range.isEmpty else { return }
        do throws(SystemError) {
            try SystemError.check { shim_punch(raw, Int64(range.lowerBound), Int64(range.count)) }
            return
        } catch  where [EOPNOTSUPP, ENOSYS].contains(error.code) {}
        let zeros = [UInt8](repeating: 0, count: min(range.count, 1 << 20))
        // What is behind the end reads as zeros anyway.
        let end = min(range.upperBound, try entry().size)
        for start in stride(from: range.lowerBound, to: end, by: zeros.count) {
            try write(Array(zeros.prefix(end - start)), at: start)
        }
    }

    public func synchronize() throws(SystemError) {
        try SystemError.check { fsync(raw) }
    }

    /// Reads up to the buffer's size at an offset; less only at the end of the file.
    public func read(into buffer: UnsafeMutableRawBufferPointer, at offset: Int) throws(SystemError) -> Int {
        var count = 0
        while count < buffer.count {
            let got = try SystemError.check {
                pread(raw, buffer.baseAddress! + count, buffer.count - count, off_t(offset + count))
            }
            if got == 0 { break }
            count += got
        }
        return count
    }

    /// The same, of up to so many bytes.
    public func bytes(_ count: Int, at offset: Int) throws(SystemError) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: count)
        let got = bytes.withUnsafeMutableBytes { buffer in
            Result { () throws(SystemError) in try read(into: buffer, at: offset) }
        }
        bytes.removeLast(count - (try got.get()))
        return bytes
    }

    /// Reads at an offset what the kernel has in memory, without waiting for the disk. False when that is not all, or cannot be
    /// told on this file system.
    public func readAtHand(into buffer: UnsafeMutableRawBufferPointer, at offset: Int) -> Bool {
        let count: Int? = try? SystemError.check {
            shim_pread_at_hand(raw, buffer.baseAddress, buffer.count, Int64(offset))
        }
        return count == buffer.count
    }

    public func write(_ bytes: UnsafeRawBufferPointer, at offset: Int) throws(SystemError) {
        var count = 0
        while count < bytes.count {
            let written = try SystemError.check {
                pwrite(raw, bytes.baseAddress! + count, bytes.count - count, off_t(offset + count))
            }
            // Some file systems in user space do that, and would do it for ever.
            guard written > 0 else { throw .ioError }
            count += written
        }
    }

    public func write(_ bytes: [UInt8], at offset: Int) throws(SystemError) {
        let result = bytes.withUnsafeBytes { bytes in
            Result { () throws(SystemError) in try write(bytes, at: offset) }
        }
        try result.get()
    }

    /// Takes an exclusive lock that ends with the process; false when somebody else has it and waiting is not wanted.
    public func lock(waiting: Bool) throws(SystemError) -> Bool {
        do throws(SystemError) {
            try SystemError.check { flock(raw, waiting ? LOCK_EX : LOCK_EX | LOCK_NB) }
            return true
        } catch  where error.code == EWOULDBLOCK {
            return false
        }
    }

    /// Takes a lock that others may have at the same time, but nobody an exclusive one; false when somebody has.
    public func lockShared() throws(SystemError) -> Bool {
        do throws(SystemError) {
            try SystemError.check { flock(raw, LOCK_SH | LOCK_NB) }
            return true
        } catch  where error.code == EWOULDBLOCK {
            return false
        }
    }

    public func unlock() throws(SystemError) {
        try SystemError.check { flock(raw, LOCK_UN) }
    }
}

/// What a file system has left.
public struct FileSystemRoom: Sendable, Equatable {
    public var device: UInt64
    public var bytes: Int
    /// Of all of it, free or not.
    public var total: Int
    /// Nothing where the file system makes inodes as it needs them.
    public var inodes: Int?
    public var blockSize: Int

    init(_ status: statvfs) {
        device = UInt64(status.f_fsid)
        blockSize = Int(status.f_frsize)
        bytes = Int(status.f_bavail) * Int(status.f_frsize)
        total = Int(status.f_blocks) * Int(status.f_frsize)
        inodes = status.f_files == 0 ? nil : Int(status.f_favail)
    }
}
