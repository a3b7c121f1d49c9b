import Platform
import Synchronization

/// What goes when memory is short: first what is farthest from being needed.
extension SharedFile {
    /// A part that could go.
    struct Candidate {
        let file: SharedFile
        let part: Part
        /// In bytes that are probably read before it.
        let distance: Int
        /// Reads of the mount since somebody read in order towards it.
        let age: Int
        /// Nobody has read more than the first bytes there.
        let isWeak: Bool
    }

    /// Those that nobody waits for.
    func candidates(at tick: Int) -> [Candidate] {
        state.withLock { state in
            state.parts.parts.filter(\.waiting.isEmpty).map { part in
                var candidate = Candidate(file: self, part: part, distance: .max, age: .max, isWeak: true)
                for run in state.readers.lazy.flatMap(\.runs.runs)
                where run.isStream && run.range.upperBound < part.range.upperBound {
                    let age = tick - run.tick
                    let distance = max(0, part.range.lowerBound - run.range.upperBound) + age * Self.usualRead
                    guard distance < candidate.distance else { continue }
                    candidate = Candidate(
                        file: self, part: part, distance: distance, age: age, isWeak: run.evidence < Self.few)
                }
                return candidate
            }
        }
    }

    /// Lets go of a part that is there, or also of one on its way, unless somebody has come to wait for it.
    func drop(_ part: Part, evenIfComing: Bool) -> Bool {
        let isGone = state.withLock { state in
            guard part.waiting.isEmpty, part.isComplete || evenIfComing, state.take(part) else { return false }
            state.forgetIssued(part)
            return true
        }
        if isGone, evenIfComing { letGo() }
        return isGone
    }

    /// Lets go of all that nobody waits for. False when there was nothing at all.
    func dropIdle() -> Bool {
        let parts = state.withLock { state in
            let parts = state.parts.parts
            for part in parts where part.waiting.isEmpty {
                state.take(part)
                state.forgetIssued(part)
            }
            return parts
        }
        return !parts.isEmpty
    }

    private static let usualRead = 128 << 10
    private static let few = 512 << 10
}

extension SharedFile.State {
    /// It has to be fetched again for those who would have come to it.
    func forgetIssued(_ part: Part) {
        for reader in readers { reader.runs.forgetIssued(from: part.range.lowerBound) }
    }
}
