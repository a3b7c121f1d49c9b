import Platform
import Synchronization

/// Looks after time, and only while there is something to look after: reads that wait too long, and memory that stays though
/// nobody reads.
final class ReadWatch: Sendable {
    private let isWatching = Atomic(false)

    /// Called whenever a read has to wait.
    func begin(_ core: ReadingCore) {
        guard !isWatching.load(ordering: .relaxed), !isWatching.exchange(true, ordering: .acquiringAndReleasing) else {
            return
        }
        Task(executorPreference: core.settings.threads) { [weak core, self] in
            guard let settings = core?.settings else { return }
            let step = min(
                max(settings.timeout.milliseconds / 10, 10), max(settings.patience.milliseconds / 4, 1), 1000)
            var quiet = Quiet()
            while true {
                await AlarmClock.shared.pause(milliseconds: step)
                guard let core, look(core, &quiet, settings.patience.milliseconds) else { break }
            }
            isWatching.store(false, ordering: .sequentiallyConsistent)
            // Who began to wait a moment ago may have thought that he is watched.
            if let core, isNeeded(core) { begin(core) }
        }
    }

    /// Since when nothing has been read.
    private struct Quiet {
        var ticks = -1
        var since = 0
    }

    /// False when there is nothing more to look after.
    private func look(_ core: ReadingCore, _ quiet: inout Quiet, _ patience: Int) -> Bool {
        let now = MonotonicTime.milliseconds
        if failOverdue(core, now) || core.ticks != quiet.ticks {
            quiet = Quiet(ticks: core.ticks, since: now)
            return true
        }
        guard now - quiet.since >= patience else { return true }
        return core.dropIdle()
    }

    private func failOverdue(_ core: ReadingCore, _ now: Int) -> Bool {
        var isWaiting = core.line.failOverdue(at: now)
        for file in core.openFiles where file.failOverdue(at: now) { isWaiting = true }
        return isWaiting
    }

    private func isNeeded(_ core: ReadingCore) -> Bool {
        failOverdue(core, MonotonicTime.milliseconds) || core.openFiles.contains { $0.hasParts }
    }
}

extension SharedFile {
    fileprivate var hasParts: Bool { state.withLock { !$0.parts.parts.isEmpty } }
}
