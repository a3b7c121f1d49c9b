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

        mutating func enter(_ transfer: Transfer, _ limit: Int, _ ready: inout [Transfer]) {
            waiting.append(transfer)
            begin(limit, &ready)
        }

        mutating func noteResolved(_ limit: Int, _ ready: inout [Transfer]) {
            isResolved = true
            begin(limit, &ready)
        }

        private mutating func begin(_ limit: Int, _ ready: inout [Transfer]) {
            while active < (isResolved ? limit : 1), let next = next() {
                active += 1
                if active > peak {
                    next.looksUpAnew = peak % HostQueues.connectionsPerLookup == 0
                    peak = active
                }
                next.leadsTheWay = !isResolved
                ready.append(next)
            }
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
            waiting.removeAll(keepingCapacity: true)
            firstWaiting = 0
            return nil
        }
    }

    private static let connectionsPerLookup = 8

    private var hosts: [String: Host] = [:]
    private let limit: Int

    init(limit: Int) {
        self.limit = max(1, limit)
    }

    // Each adds to `ready` who may begin then.

    /// Puts a transfer in line.
    mutating func enter(_ transfer: Transfer, _ ready: inout [Transfer]) {
        // An address needs no lookup.
        let isResolved = transfer.request.address.isNumeric
        hosts[transfer.hostKey, default: Host(isResolved: isResolved)].enter(transfer, limit, &ready)
    }

    /// The transfer's host has been found, or a connection to it was there.
    mutating func noteResolved(_ transfer: Transfer, _ ready: inout [Transfer]) {
        hosts[transfer.hostKey]?.noteResolved(limit, &ready)
    }

    /// A transfer that had begun has ended.
    mutating func leave(_ transfer: Transfer, _ ready: inout [Transfer]) {
        // Who could not find the host has held up the others long enough.
        hosts[transfer.hostKey]?.active -= 1
        hosts[transfer.hostKey]?.noteResolved(limit, &ready)
        if hosts[transfer.hostKey]?.active == 0 { hosts[transfer.hostKey] = nil }
    }
}
