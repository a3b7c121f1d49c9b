import Platform

/// How what is written comes into the bucket.
struct WritingSettings: Sendable {
    /// How long a close waits for a store that does not answer; then it fails with EIO, and the upload goes on all the same.
    var ioTimeout = TimeSpan(milliseconds: 300_000)
    /// Between attempts while the store does not answer, the first and the longest.
    var pauses = TimeSpan(milliseconds: 250)...TimeSpan(milliseconds: 5000)
    /// Before an upload is tried again that the store has refused: somebody may give the permission back.
    var longPause = TimeSpan(milliseconds: 30_000)
    /// Where calls of the store are made; Swift's own threads when nothing is given.
    var threads: (any TaskExecutor)?
    /// Milliseconds of a clock that nobody sets.
    var now: @Sendable () -> Int = { MonotonicTime.milliseconds }
}
