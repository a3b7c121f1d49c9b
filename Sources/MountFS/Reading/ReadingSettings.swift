public import Checksums
public import ObjectStore
public import Platform

/// How the bytes of open files are fetched.
public struct ReadingSettings: Sendable {
    /// How long a read waits for a store that does not answer; then it fails with EIO.
    public var timeout = TimeSpan(milliseconds: 300_000)
    /// For so long what has failed by that fails at once: the kernel asks for it again.
    public var moment = TimeSpan(milliseconds: 250)
    /// How long to wait before a store that failed is asked again for what somebody waits for.
    public var pause = TimeSpan(milliseconds: 1000)
    /// Threads on which the calls of the store are made; nothing: those of Swift's pool, for stores that never wait.
    public var threads: (any TaskExecutor)?

    /// A file that is no larger is fetched whole when its first byte is asked for.
    public var smallFile = 1 << 20
    /// With which of the checksums that their store states objects are compared that come whole.
    public var checksums = Set(Checksum.Algorithm.allCases)
    /// The first request of a reader who begins at the beginning of a file, small so that it is answered soon.
    public var firstPart = 1 << 20
    /// Requests grow with the window up to this.
    public var largestPart = 8 << 20
    /// How far ahead of a reader bytes are fetched at most, as far as there is memory.
    public var largestWindow = 128 << 20
    /// How many small files are fetched ahead of a reader who takes one after another.
    public var filesAhead = 128
    /// While so many requests are under way, nothing is fetched ahead: a client has only so many connections, and whoever waits
    /// for bytes is not to wait for one as well.
    public var busy = 192
    /// How long those stay that nobody opens, and how long buffers stay for files that are opened next.
    public var patience = TimeSpan(milliseconds: 10_000)

    /// The object is another one now, or gone: reads of it answer ESTALE. Told once for each version.
    public var onChanged: @Sendable (ObjectKey) -> Void = { _ in }
    /// Why reads of the object failed.
    public var onFailure: @Sendable (ObjectKey, StoreError) -> Void = { _, _ in }

    /// Why the store is being asked again and again at this moment.
    public var trouble: @Sendable () -> String? = { nil }

    public init() {}
}
