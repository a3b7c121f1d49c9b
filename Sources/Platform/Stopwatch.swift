import Glibc

/// Time that passes, whatever happens to the clock on the wall.
public struct Stopwatch: Sendable {
    private let start: Double

    public init() {
        start = Self.now
    }

    public var seconds: Double { Self.now - start }

    /// Seconds since a moment that is the same for the whole process.
    public static var now: Double {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
    }
}
