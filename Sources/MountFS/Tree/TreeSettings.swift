public import ObjectStore
public import Platform

/// What a mount shows of a bucket, and how.
public struct TreeSettings: Sendable {
    /// The key that all of the tree is below: empty, or ends in a slash. Of a single object that is the mount, its key.
    public var root: ObjectKey
    public var isSingleObject = false
    /// Where other things are mounted inside of this mount: folders that are always there, as paths below the root.
    public var mountPoints: [RawPath] = []
    /// How long names, attributes and absences are believed.
    public var metadataTTL = TimeSpan(milliseconds: 1000)
    /// How long the store may take for an answer before it is EIO.
    public var ioTimeout = TimeSpan(milliseconds: 300_000)

    /// Of what has no owner of its own: that of the mount point.
    public var owner: UInt32 = 0
    public var group: UInt32 = 0
    /// Where they are given, they hold for everything.
    public var fixedOwner: UInt32?
    public var fixedGroup: UInt32?
    public var fileMode: UInt32?
    public var folderMode: UInt32?
    /// The time of folders that no object stands for.
    public var started: FileTime

    /// For pages of listings.
    public var listingMemory = 16 << 20
    /// So many pages of a folder are fetched before they are asked for.
    public var pagesAhead = 3

    /// Milliseconds of a clock that nobody sets.
    public var now: @Sendable () -> Int = { MonotonicTime.milliseconds }
    /// Where calls of the store are made; Swift's own threads when nothing is given.
    public var threads: (any TaskExecutor)?
    /// Told why something failed, or what is not shown, in a line for people; seldom, as `RateLimitedReports` says.
    public var report: @Sendable (_ line: String, _ error: StoreError?) -> Void = { _, _ in }
    /// Why the store is being asked again and again at this moment.
    public var trouble: @Sendable () -> String? = { nil }

    public init(root: ObjectKey, started: FileTime) {
        self.root = root
        self.started = started
    }
}
