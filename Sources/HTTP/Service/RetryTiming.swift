import Glibc
import Platform

/// Clocks, waiting and chance, so that tests need neither time nor luck.
public struct RetryTiming: Sendable {
    /// Of a clock that nobody sets.
    public var milliseconds: @Sendable () -> Int
    /// Of the clock on the wall, since 1970; `Retry-After` may name a moment.
    public var secondsSince1970: @Sendable () -> Int
    /// Ends early when the task is cancelled.
    public var wait: @Sendable (_ milliseconds: Int) async -> Void
    /// From 0 up to and with the number.
    public var random: @Sendable (_ most: Int) -> Int

    public init(
        milliseconds: @escaping @Sendable () -> Int, secondsSince1970: @escaping @Sendable () -> Int,
        wait: @escaping @Sendable (Int) async -> Void, random: @escaping @Sendable (Int) -> Int
    ) {
        self.milliseconds = milliseconds
        self.secondsSince1970 = secondsSince1970
        self.wait = wait
        self.random = random
    }

    public static let real = RetryTiming(
        milliseconds: { MonotonicTime.milliseconds },
        secondsSince1970: { Int(time(nil)) },
        wait: { await AlarmClock.shared.pause(milliseconds: $0) },
        random: { Int.random(in: 0...max(0, $0)) })
}
