import Platform
import Synchronization

/// The region that requests are signed for, and in which a bucket of AWS is asked for.
///
/// One that somebody has stated of the bucket stays. Otherwise it is what the address implies, or what is usual on this
/// machine or, for AWS, what the bucket's own headers say to the first who asks, while all others wait; later answers may
/// correct it.
final class S3Region: Sendable {
    private enum State {
        case stated(String)
        /// Good enough until somebody knows better.
        case presumed(String)
        case unknown
        case finding(Task<String?, Never>)
    }

    private let state: Mutex<State>

    init(_ stated: String?, usual: String? = nil, _ site: S3Site) {
        let first: State =
            if let stated {
                .stated(stated)
            } else if let presumed = site.impliedRegion ?? usual {
                .presumed(presumed)
            } else {
                site.findsRegion ? .unknown : .presumed(Self.usual)
            }
        state = Mutex(first)
    }

    /// What most servers believe to be in.
    static let usual = "us-east-1"

    /// Nothing while nobody has asked.
    var known: String? {
        switch state.withLock({ $0 }) {
        case .stated(let region), .presumed(let region): region
        case .unknown, .finding: nil
        }
    }

    func current(finding find: @escaping @Sendable () async -> String?) async -> String {
        let finding: Task<String?, Never>
        let known: String? = state.withLock { state in
            switch state {
            case .stated(let region), .presumed(let region): return region
            case .finding: return nil
            case .unknown:
                state = .finding(Task(executorPreference: WorkThreads.current) { await find() })
                return nil
            }
        }
        if let known { return known }
        switch state.withLock({ $0 }) {
        case .finding(let task): finding = task
        case .stated(let region), .presumed(let region): return region
        case .unknown: return Self.usual
        }
        let found = await finding.value
        return state.withLock { state in
            // Somebody who waited as well may have been faster.
            if case .finding = state { state = .presumed(found ?? Self.usual) }
            if case .presumed(let region) = state { return region }
            return found ?? Self.usual
        }
    }

    /// What a server said of the region that a request was signed for. True when the next attempt will use another one.
    func correct(_ used: String?, to region: String) -> Bool {
        state.withLock { state in
            // It becomes part of a host's name.
            guard case .presumed(let current) = state, S3Site.isLabel(region) else { return false }
            if current == region { return used != region }
            state = .presumed(region)
            return true
        }
    }
}
