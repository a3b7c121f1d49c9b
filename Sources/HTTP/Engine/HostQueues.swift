/// Who may use a connection to which host, and who looks up its addresses. Waiting here costs nothing; inside curl every
/// waiting request would hold a handle and its buffers, and its time to connect would run.
///
/// curl begins a thread and a lookup for each connection that finds no addresses in its cache: hundreds, when many
/// requests begin at once. So the first goes alone until it has the addresses. As all would then go to the same one of
/// several, every eighth further connection looks them up again, and finds them in another order.
struct HostQueues {
    private struct Host {
        var active = 0
        /// The most at once, so about as many as there are connections.
        var peak = 0
        var isResolved: Bool
        var waiting: [Transfer] = []
        var firstWaiting = 0

        mutating func begin(_ limit: Int) -> [Transfer] {
            var beginning: [Transfer] = []
            while active < (isResolved ? limit : 1), let next = next() {
                active += 1
                if active > peak {
                    next.looksUpAnew = peak % HostQueues.connectionsPerLookup == 0
                    peak = active
                }
                beginning.append(next)
            }
            return beginning
        }

        private mutating func next() -> Transfer? {
            while firstWaiting < waiting.count {
                let transfer = waiting[firstWaiting]
                firstWaiting += 1
                if firstWaiting > 64, firstWaiting * 2 > waiting.count {
                    waiting.removeFirst(firstWaiting)
                    firstWaiting = 0
                }
                // Those that were cancelled meanwhile are still in the line.
                if !transfer.isDone { return transfer }
            }
            return nil
        }
    }

    private static let connectionsPerLookup = 8

    private var hosts: [String: Host] = [:]
    private let limit: Int

    init(limit: Int) {
        self.limit = max(1, limit)
    }

    /// Puts a transfer in line. Says who may begin.
    mutating func enter(_ transfer: Transfer) -> [Transfer] {
        let key = transfer.hostKey
        // An address needs no lookup.
        hosts[key, default: Host(isResolved: transfer.request.address.isNumeric)].waiting.append(transfer)
        return begin(key)
    }

    /// The transfer's host has been found, or a connection to it was there. Says who may begin now.
    mutating func resolved(_ transfer: Transfer) -> [Transfer] {
        guard hosts[transfer.hostKey]?.isResolved == false else { return [] }
        hosts[transfer.hostKey]!.isResolved = true
        return begin(transfer.hostKey)
    }

    /// A transfer that had begun has ended. Says who is next.
    mutating func leave(_ transfer: Transfer) -> [Transfer] {
        let key = transfer.hostKey
        hosts[key]?.active -= 1
        // Who could not find the host has not held up the others for longer than that.
        hosts[key]?.isResolved = true
        let next = begin(key)
        if hosts[key]?.active == 0 { hosts[key] = nil }
        return next
    }

    private mutating func begin(_ key: String) -> [Transfer] {
        hosts[key]?.begin(limit) ?? []
    }
}
