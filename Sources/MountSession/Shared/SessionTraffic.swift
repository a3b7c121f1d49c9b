/// What has gone to and fro between a session and its store since it began.
public struct SessionTraffic: Sendable, Equatable {
    public var requests = 0
    /// Those of them that were made again.
    public var retries = 0
    /// Bytes of bodies.
    public var received = 0
    public var sent = 0
    /// Reads that a cache on disk has answered, and those for which it asked the store.
    public var cacheHits = 0
    public var cacheMisses = 0

    public init() {}

    public static func + (one: SessionTraffic, other: SessionTraffic) -> SessionTraffic {
        var sum = one
        for field in fields { sum[keyPath: field] += other[keyPath: field] }
        return sum
    }

    public static func += (sum: inout SessionTraffic, other: SessionTraffic) { sum = sum + other }
}
