import Glibc

/// Waits for one descriptor.
public enum DescriptorWait {
    /// Whether there is something to be read, or will never be again, before the time is over. Nothing waits for ever.
    public static func untilReadable(_ descriptor: Int32, milliseconds: Int?) -> Bool {
        let end = milliseconds.map { MonotonicTime.milliseconds + $0 }
        while true {
            let left = end.map { Int32(clamping: max(0, $0 - MonotonicTime.milliseconds)) } ?? -1
            var wanted = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
            let found = poll(&wanted, 1, left)
            if found > 0 { return true }
            if found == 0 || errno != EINTR { return false }
        }
    }

    /// Until something can be written, or never again.
    public static func untilWritable(_ descriptor: Int32) {
        var wanted = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
        while poll(&wanted, 1, -1) == -1 && errno == EINTR {}
    }
}
