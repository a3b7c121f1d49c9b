import Glibc
public import JSON
public import Platform
import Synchronization

/// The end of a run with COMMAND: what was written is brought into the bucket, and what nobody else needs is unmounted.
public struct ExitBarrier {
    /// Nobody waits longer than this when asked a second time to end.
    public static let hurry = 10_000

    private let user: MountUser
    private let environment: Environment
    private let signals: SignalWait

    public init(_ user: MountUser, _ environment: Environment) {
        self.user = user
        self.environment = environment
        signals = SignalWait(for: SignalWait.ends + [SIGCHLD])
    }

    /// What has become of the mounts, and why not everything is as it should be.
    public struct Verdict: Sendable {
        public var mounts: [JSONValue] = []
        public var error: MountError?
        /// The supervisor had died.
        public var isUnsupervised = false

        public var exitStatus: ExitStatus { error?.exitStatus ?? .done }
    }

    /// `limit` in milliseconds. `terminations`: how often somebody has wanted the program to end before. `watch` is called by
    /// other threads.
    public func run(
        limit: Int?, terminations: Int, watch: TaskWatcher
    ) -> Verdict {
        guard user.hasBegun else { return Verdict() }
        let isHurried = terminations > 1
        let limit = isHurried ? min(limit ?? Self.hurry, Self.hurry) : limit
        let result = BarrierResult()
        let thread = MaskedThread.start(named: "barrier") { [user, environment, signals] in
            result.set(Self.release(user, environment, limit: limit, watch))
            signals.wake()
        }
        guard thread != nil else { return Self.release(user, environment, limit: limit, watch) }
        return wait(for: result, terminations: terminations)
    }

    private func wait(for result: BarrierResult, terminations: Int) -> Verdict {
        var terminations = terminations
        while true {
            if let verdict = result.verdict { return verdict }
            let signal = signals.next(milliseconds: 1000)
            while Children.news() != nil {}
            guard let signal, SignalWait.ends.contains(signal) else { continue }
            terminations += 1
            if terminations == 2 { user.hurry(milliseconds: Self.hurry) }
        }
    }

    private static func release(
        _ user: MountUser, _ environment: Environment, limit: Int?, _ watch: TaskWatcher
    ) -> Verdict {
        do throws(MountError) {
            let answer = try TaskWatch.during(user.folder, environment, watch) { () throws(MountError) in
                try user.release(limit: limit)
            }
            if let answer { return Verdict(mounts: answer.mounts, error: answer.error) }
        } catch {
            return Verdict(error: error)
        }
        // The supervisor was killed, and its sessions with it: what they had not saved is there for the next run.
        let ending = TaskEnding.down(
            user.folder, environment, force: true, limit: limit.map { TimeSpan(milliseconds: $0) }, watch: watch)
        return Verdict(mounts: ending.mounts, error: ending.error, isUnsupervised: true)
    }
}

private final class BarrierResult: Sendable {
    private let state = Mutex<ExitBarrier.Verdict?>(nil)

    var verdict: ExitBarrier.Verdict? { state.withLock { $0 } }

    func set(_ verdict: ExitBarrier.Verdict) { state.withLock { $0 = verdict } }
}
