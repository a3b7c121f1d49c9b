public import Platform

/// Memory that outlives a session which crashes: the next one finds what stood in it. It belongs to the process that
/// keeps the mount, and goes with the mount.
///
/// A file system keeps here what the kernel still holds after a crash: which number means which node, what is open
/// under which handle, how far the counter of numbers has come. It makes the file as large as it needs and maps it from
/// `start` on.
public struct KeptMemory: Sendable {
    public let file: SharedDescriptor
    public let start: Int
    /// No session has been before this one.
    public let isFresh: Bool

    public init(_ file: SharedDescriptor, start: Int, isFresh: Bool) {
        self.file = file
        self.start = start
        self.isFresh = isFresh
    }
}
