public import Platform

/// What a cache may take and how long it keeps what nobody uses.
public struct CacheLimits: Sendable, Equatable {
    /// Bytes on the disk.
    public var size: Int
    /// Since an object was used last; nothing for as long as there is room.
    public var maxAge: TimeSpan?

    public static let usualSize = 10 << 30

    public init(size: Int? = nil, maxAge: TimeSpan? = nil) {
        self.size = size ?? Self.usualSize
        self.maxAge = maxAge.flatMap { $0.milliseconds == 0 ? nil : $0 }
    }

    /// To this size it is brought when it has reached its limit, so that it is not to be done for every object.
    var sizeAfterSweep: Int { size - size / 10 }

    /// So near to the limit it counts as reached.
    var step: Int { min(max(size / 64, Block.size), 16 << 20) }

    /// What of a disk is left to others: a twentieth, 4 GiB at most.
    static func reserve(of room: FileSystemRoom) -> Int { min(room.total / 20, 4 << 30) }

    func isOver(age seconds: Int) -> Bool { maxAge.map { seconds * 1000 > $0.milliseconds } ?? false }
}
