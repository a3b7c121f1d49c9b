/// In which pieces what is written goes to the store, as far as people say.
public struct UploadSettings: Sendable, Equatable {
    /// Of the first parts of a large file; nothing: what is usual.
    public var partSize: Int?
    /// Where all parts of an object have to have one size they are as large as this at least: enough for 640 GB in 10,000.
    public var leastEqualPart = 64 << 20
    /// Larger files go in parts; nothing: those that are larger than a part.
    public var wholeUpTo: Int?
    /// The store has no uploads in parts: files go whole, whatever their size.
    public var isAlwaysWhole = false
    /// So many requests are made at once for all files: where a connection gives 100 MB a second after 30 ms of silence, enough
    /// for all that a processor can hash. Besides twice as many for small files, which do little but wait for answers.
    public var requests = 32

    public init() {}
}
