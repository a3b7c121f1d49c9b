import Glibc

/// The kernel's table of the files that this process has open.
public enum OpenFileTable {
    /// Makes it as large as a copy over many connections needs it, as long as there is one thread. Later it would grow by itself,
    /// at 64 files, 128 and 256; but then the kernel has to wait until no thread can be looking at the old one, and every
    /// thread that opens a file or a connection waits with it: 15 ms each time.
    public static func prepare() {
        // What has the highest number is of no interest, nor that there is none to be had.
        let highest = fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, min(1024, OpenFileLimit.current) - 1)
        if highest >= 0 { close(highest) }
    }
}
