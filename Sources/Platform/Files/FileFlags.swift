import CShims
import Glibc

/// Combinations of flags that every module opens files with.
public enum FileFlags {
    /// To look at, not to read.
    public static let path = shim_o_path
    /// The same, of a link itself.
    public static let pathItself = shim_o_path | shim_o_nofollow
    public static let read = O_RDONLY
    public static let write = O_WRONLY
    /// Past the page cache.
    public static let writeDirectly = O_WRONLY | shim_o_direct
    /// Without waiting for the other end of a pipe that somebody puts in the file's place.
    public static let readWithoutWaiting = O_RDONLY | O_NONBLOCK
    /// To read the names in it and to open what is there.
    public static let folder = O_RDONLY | O_DIRECTORY
    /// A new file that was not there before, not even as a link.
    public static let create = O_WRONLY | O_CREAT | O_EXCL
    public static let createReadable = O_RDWR | O_CREAT | O_EXCL
    /// A new file in a folder that never gets a name.
    public static let nameless = O_RDWR | shim_o_tmpfile
    public static let readWrite = O_RDWR | O_CREAT
    /// The same, of a file that is there.
    public static let change = O_RDWR
}

extension SystemError {
    /// The name is not there, or no longer, or something else has taken its place.
    public var isAbsence: Bool { [ENOENT, ENOTDIR, ELOOP].contains(code) }
    /// No file can have the name.
    public var isOfName: Bool { [ENAMETOOLONG, EINVAL, EILSEQ].contains(code) }
    public var isDenial: Bool { [EACCES, EPERM, EROFS].contains(code) }
    public var isLackOfRoom: Bool { [ENOSPC, EDQUOT].contains(code) }
    public var isOccupied: Bool { [ENOTEMPTY, EEXIST, EBUSY].contains(code) }
    public var isCancellation: Bool { code == ECANCELED }
}
