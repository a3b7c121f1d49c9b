/// Who may use a connection to which host. Waiting here costs nothing; inside curl every waiting request would hold a
/// handle and its buffers, and its time to connect would run.
struct HostQueues {
    private struct Host {
        var active = 0
        var waiting: [Transfer] = []
        var firstWaiting = 0

        mutating func next() -> Transfer? {
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

    private var hosts: [String: Host] = [:]
    private let limit: Int

    init(limit: Int) {
        self.limit = max(1, limit)
    }

    /// Whether the transfer may begin; else it waits for its turn.
    mutating func enter(_ transfer: Transfer) -> Bool {
        let key = Self.key(of: transfer)
        guard hosts[key, default: Host()].active < limit else {
            hosts[key]!.waiting.append(transfer)
            return false
        }
        hosts[key, default: Host()].active += 1
        return true
    }

    /// Says who is next when a transfer that had begun has ended.
    mutating func leave(_ transfer: Transfer) -> Transfer? {
        let key = Self.key(of: transfer)
        if let next = hosts[key]?.next() { return next }
        hosts[key]?.active -= 1
        if hosts[key]?.active == 0 { hosts[key] = nil }
        return nil
    }

    private static func key(of transfer: Transfer) -> String { transfer.hostKey }
}
