/// How a destination gets its content.
public enum Mode: String, Sendable, CaseIterable {
    case copy = "COPY"
    case mount = "MOUNT"
    /// A mount whose close returns once the file is safe on local disk.
    case mountCached = "MOUNT_CACHED"

    public var isMount: Bool { self != .copy }

    static let mounts: Set<Mode> = [.mount, .mountCached]
}
