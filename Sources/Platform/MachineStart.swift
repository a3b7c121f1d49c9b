import Glibc

/// The machine's last start: what was not on a disk by then is gone.
public enum MachineStart {
    /// Another one after every start.
    public static let id: String = {
        let bytes = (try? FileReading.bytes(of: "/proc/sys/kernel/random/boot_id", limit: 64)) ?? []
        return String(decoding: bytes.filter { $0 > 32 }, as: UTF8.self)
    }()

    /// By the clock that files have their times from, as it is set now.
    public static var time: FileTime {
        var now = timespec()
        var since = timespec()
        clock_gettime(CLOCK_REALTIME, &now)
        clock_gettime(CLOCK_BOOTTIME, &since)
        return FileTime(seconds: now.tv_sec - since.tv_sec, nanoseconds: 0)
    }
}
