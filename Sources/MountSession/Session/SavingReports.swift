import MountFS
import ObjectStore
import Platform
import Synchronization

/// Tells the keeper how far what was written has come into the bucket: when that has changed, at most every half second,
/// and at once when it has all come there that was asked for.
///
/// A thread of its own looks, and waits for the pipe if it must. It sleeps while nobody changes anything and nothing is
/// on its way.
final class SavingReports: Sendable {
    private static let interval = 500
    /// What a program does may take a moment to show: so often nothing may have changed before the thread sleeps.
    private static let patience = 6

    private struct Told {
        var figures: SavingFigures?
        var kept: Set<RawPath> = []
    }

    private let fileSystem: any FileSystem
    private let reports: ReportPipe
    private let told = Mutex(Told())
    private let wakeUp: WakeUp
    private let hasWork = Atomic(false)
    private let isWatching = Atomic(false)
    private let drains = Mutex(Drains())

    /// By the numbers under which the keeper wants them.
    private struct Drains {
        /// Done, which is to be told.
        var done: [UInt8] = []
        /// To be begun again when some time has passed.
        var postponed: [UInt8] = []
    }

    /// Nothing of a file system that is only read.
    init?(_ fileSystem: any FileSystem, _ reports: ReportPipe) throws(SystemError) {
        guard fileSystem.uploadProgress() != nil else { return nil }
        self.fileSystem = fileSystem
        self.reports = reports
        wakeUp = try WakeUp()
    }

    /// Before the session serves: what earlier ones have left.
    func tellWhatWasFound() { tell(isBeginning: true) }

    /// A program has changed something, or is about to.
    func poke() {
        guard !hasWork.exchange(true, ordering: .sequentiallyConsistent),
            !isWatching.load(ordering: .sequentiallyConsistent)
        else { return }
        wakeUp.signal()
    }

    // MARK: Draining

    /// The keeper wants all that is whole now in the bucket, and will know the answer by this number. A store that does not
    /// answer is waited for: whoever wants that no longer has a way to say so.
    func drain(_ number: UInt8) {
        let wasFailing = failure != nil
        defer { poke() }
        fileSystem.drain { [self] in
            let mayCome = mayComeLater(wasFailing)
            drains.withLock { drains in
                if mayCome { drains.postponed.append(number) } else { drains.done.append(number) }
            }
            if mayCome { poke() } else { wakeUp.signal() }
        }
    }

    /// Nobody uses the mount any more. Returns when everything that can come into the bucket is there.
    func finish() {
        let done = Semaphore()
        while true {
            let wasFailing = failure != nil
            fileSystem.drain { done.signal() }
            done.wait()
            guard mayComeLater(wasFailing) else { break }
            Threads.sleep(milliseconds: Self.interval)
        }
        tell(isBeginning: false)
    }

    private var failure: StoreError? { fileSystem.uploadProgress()?.failure }

    /// Whether something is not in the bucket for a reason that may pass by itself. What failed when the drain began it did
    /// not wait for, so that it has to be looked at once more.
    private func mayComeLater(_ wasFailing: Bool) -> Bool { failure?.isRetryable ?? wasFailing }

    // MARK: Telling

    /// For ever.
    func run() {
        var quiet = Self.patience
        while true {
            if quiet >= Self.patience { sleep() } else { wait(milliseconds: Self.interval) }
            wakeUp.clear()
            let wasPoked = hasWork.exchange(false, ordering: .sequentiallyConsistent)
            let now = drains.withLock { drains in
                defer { drains = Drains() }
                return drains
            }
            let isOnItsWay = tell(isBeginning: false)
            for number in now.done { reports.sendPatiently(.drained(number)) }
            for number in now.postponed { drain(number) }
            quiet = wasPoked || isOnItsWay ? 0 : quiet + 1
        }
    }

    private func sleep() {
        isWatching.store(false, ordering: .sequentiallyConsistent)
        if !hasWork.load(ordering: .sequentiallyConsistent) { wait(milliseconds: nil) }
        isWatching.store(true, ordering: .sequentiallyConsistent)
    }

    private func wait(milliseconds: Int?) {
        _ = DescriptorWait.untilReadable(wakeUp.descriptor, milliseconds: milliseconds)
    }

    /// Whether it has changed, or may change without a program's doing.
    @discardableResult
    private func tell(isBeginning: Bool) -> Bool {
        guard let progress = fileSystem.uploadProgress() else { return false }
        return told.withLock { told in
            for kept in progress.kept where told.kept.insert(kept.file).inserted {
                reports.sendPatiently(.kept(KeptReport(kept, wasFound: isBeginning)))
            }
            for file in fileSystem.takeUploaded() { reports.sendPatiently(.uploaded(UploadReport(file))) }
            let figures = SavingFigures(progress)
            let hasChanged = figures != told.figures
            told.figures = figures
            if hasChanged { reports.sendPatiently(.saving(figures)) }
            return hasChanged || figures.pendingFiles > 0
        }
    }
}
