import JSON
import MountSession

/// What has gone to and fro between a mount and its store, beside what documents show.
struct MountTraffic: Sendable, Equatable {
    /// Bytes of bodies.
    var received = 0
    var sent = 0
    var cacheHits = 0
    var cacheMisses = 0
    /// Sessions that have died and were replaced.
    var revived = 0
}

/// What the sessions of a mount have told of it, one after the other. What the last moment of one that died has brought it has told
/// nobody.
struct TrafficAccount {
    private var earlier = SessionTraffic()
    private var now = SessionTraffic()
    private(set) var revived = 0

    mutating func note(_ traffic: SessionTraffic) { now = traffic }

    mutating func noteDeath() {
        earlier += now
        now = SessionTraffic()
    }

    mutating func noteRevival() { revived += 1 }

    private var total: SessionTraffic { earlier + now }

    var requests: (sent: Int, retried: Int) { (total.requests, total.retries) }

    var traffic: MountTraffic {
        MountTraffic(
            received: total.received, sent: total.sent, cacheHits: total.cacheHits, cacheMisses: total.cacheMisses,
            revived: revived)
    }
}
