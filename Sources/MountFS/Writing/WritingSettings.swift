public import ObjectStore
public import Platform

/// When a program that writes is told that its bytes are safe.
public enum CommitMode: String, Sendable, CaseIterable {
    /// By close and fsync: when they are in the bucket.
    case close
    /// By fsync when they are in the bucket; by close when they are on the local disk.
    case fsync
    /// By both when they are on the local disk.
    case background
}

/// How what is written comes into the bucket.
public struct WritingSettings: Sendable {
    public var commit = CommitMode.close
    /// What a writer has left that died is uploaded as it is.
    public var uploadsTorn = false
    /// So many bytes may be staged; near that writers wait.
    public var stagingRoom = Int.max / 2
    public var uploads = UploadSettings()
    /// How long a close waits for a store that does not answer; then it fails with EIO, and the upload goes on all the same.
    public var ioTimeout = TimeSpan(milliseconds: 300_000)
    /// Between attempts while the store does not answer, the first and the longest.
    public var pauses = TimeSpan(milliseconds: 250)...TimeSpan(milliseconds: 5000)
    /// Before an upload is tried again that the store has refused: somebody may give the permission back.
    public var longPause = TimeSpan(milliseconds: 30_000)
    /// Attributes that programs set one after another come to the bucket together, so long after the last.
    public var attributePause = TimeSpan(milliseconds: 2000)
    /// After a crash requests of the dead session may still be carried out by the store: names are not changed before that.
    public var afterCrash = TimeSpan(milliseconds: 1000)
    /// Where calls of the store are made; Swift's own threads when nothing is given.
    public var threads: WorkThreads?
    /// Milliseconds of a clock that nobody sets.
    public var now: @Sendable () -> Int = { MonotonicTime.milliseconds }

    /// Told why something failed, in a line for people.
    public var report: @Sendable (_ line: String, _ error: StoreError?) -> Void = { _, _ in }

    public init() {}
}
