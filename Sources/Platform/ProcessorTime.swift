import Glibc

/// Seconds that all threads of this process together have been on processors, and those that they wanted to be: with the
/// ones in which something else was on them.
public struct ProcessorTime: Sendable {
    public var used: Double
    public var wanted: Double

    public init(used: Double, wanted: Double) {
        self.used = used
        self.wanted = wanted
    }

    /// Until now. What threads wanted that have ended is not in it.
    public static var now: ProcessorTime {
        var time = timespec()
        clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time)
        let used = Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
        return ProcessorTime(used: used, wanted: used + waited)
    }

    /// Nothing where the kernel does not tell: of each thread nanoseconds on a processor, in line for one, and how often.
    private static var waited: Double {
        let folder = "/proc/self/task"
        let nanoseconds = FileStatus.names(in: folder).reduce(0) { sum, thread in
            guard let text = try? FileReading.bytes(of: "\(folder)/\(thread)/schedstat", limit: 255) else { return sum }
            let words = text.split(separator: UInt8(ascii: " "))
            return sum + (words.count > 1 ? Int(String(decoding: words[1], as: UTF8.self)) ?? 0 : 0)
        }
        return Double(nanoseconds) / 1e9
    }
}
