import Platform
import Synchronization

/// Tells the keeper what has gone to and fro between the session and its store: a second after that has changed, and at the end.
/// While nothing changes nothing of it wakes up.
public final class TrafficReports: Sendable {
    private static let interval = 1000

    private let reports: ReportPipe
    private let isDue = Atomic(false)
    private let figures = Mutex<(@Sendable () -> SessionTraffic)?>(nil)

    init(_ reports: ReportPipe) {
        self.reports = reports
    }

    /// Where the figures come from. Whoever changes them calls `note`.
    public func begin(_ figures: @escaping @Sendable () -> SessionTraffic) {
        self.figures.withLock { $0 = figures }
    }

    /// They have changed.
    public func note() {
        guard !isDue.load(ordering: .relaxed), !isDue.exchange(true, ordering: .sequentiallyConsistent) else { return }
        _ = AlarmClock.shared.set(milliseconds: Self.interval) { [self] in
            isDue.store(false, ordering: .sequentiallyConsistent)
            guard let now = figures.withLock({ $0 })?() else { return }
            // A keeper that does not read gets them later.
            if !reports.trySending(.traffic(now)) { note() }
        }
    }

    /// Of a session that ends.
    func tellLast() {
        if let last = figures.withLock({ $0 })?() { reports.sendPatiently(.traffic(last)) }
    }
}
