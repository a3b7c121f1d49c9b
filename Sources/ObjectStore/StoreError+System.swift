import Glibc
public import Platform

extension StoreError {
    /// A failed system call; `task` says what was tried, as in "cannot read a/b".
    public init(_ error: SystemError, _ task: String) {
        self.init(
            Code(error.code), "\(task): \(error.description)", isRetryable: error.isPassing, errno: error.code)
    }
}

extension StoreError.Code {
    fileprivate init(_ errno: Int32) {
        switch errno {
        // A link or a file on the way is not a folder that keys could be in, and a socket (ENXIO) is no object.
        case ENOENT, ENOTDIR, ELOOP, EXDEV, ENXIO: self = .notFound
        case EACCES, EPERM, EROFS: self = .denied
        case ENOSPC, EDQUOT: self = .noSpace
        case EFBIG: self = .tooLarge
        case EINVAL, ENAMETOOLONG, EISDIR, EEXIST, ENOTEMPTY, EILSEQ: self = .invalid
        case ECANCELED: self = .cancelled
        default: self = .inputOutput
        }
    }
}

extension SystemError {
    /// Of the machine's state at this moment rather than of what was asked.
    fileprivate var isPassing: Bool {
        [EMFILE, ENFILE, ENOMEM, EAGAIN, ETIMEDOUT, ESTALE, EBUSY].contains(code)
    }
}
