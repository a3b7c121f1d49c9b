/// The numbers under which a session finds what its keeper gives it.
enum SessionDescriptors {
    /// A pipe: the order comes first, then a byte for each time that all shall be in the bucket, which is the number of
    /// that wish; its end says that the keeper has died.
    static let order: Int32 = 0
    /// A pipe for reports.
    static let reports: Int32 = 1
    static let errors: Int32 = 2
    /// /dev/fuse, mounted.
    static let device: Int32 = 3
    /// The memory that the keeper owns.
    static let memory: Int32 = 4
}
