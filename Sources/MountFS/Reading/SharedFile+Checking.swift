import Checksums
import ObjectStore
import Platform
import Synchronization

/// Who reads a large file from its beginning to its end gets its last bytes only when the whole is what the store states of it. Until
/// then reads of the last bytes are held.
extension SharedFile {
    /// Somebody begins at the beginning. What has come before nobody has summed up.
    func beginCheck(_ state: inout State) {
        guard !isSmall, file.version != nil, state.isNew else { return }
        let algorithms = core.origin.wholeChecksums
        state.isNew = false
        if !algorithms.isEmpty { state.check = WholeCheck(algorithms, size: file.size) }
    }

    /// Answers reads whose bytes are all there.
    func answer(_ reads: [PendingRead]) {
        for read in reads where read.range.upperBound < file.size || !hold(read) { read.answer() }
    }

    /// False when it can be answered.
    private func hold(_ read: PendingRead) -> Bool {
        let isHeld = state.withLock { state -> Result<Bool, SystemError> in
            if let end = state.end, !state.isBeingRefused { return .failure(end) }
            guard state.check != nil || state.isBeingRefused else { return .success(false) }
            state.held.append(read)
            return .success(true)
        }
        switch isHeld {
        case .failure(let error): read.fail(error)
        case .success(false): return false
        case .success(true): if !letGo() { core.watch.begin(core) }
        }
        return true
    }

    /// A part is there: it counts for the whole. Called without the lock, since summing takes its time.
    func check(_ part: Part, by algorithms: [Checksum.Algorithm]) {
        let bytes = UnsafeRawBufferPointer(rebasing: part.memory.bytes[..<part.range.count])
        let sums = algorithms.compactMap { try? Checksum($0, of: bytes) }
        let mustAsk = state.withLock { state in
            state.check?.add(part.range, sums)
            return state.check?.mustAsk() ?? false
        }
        if mustAsk { askForChecksum() }
        letGo()
    }

    private func askForChecksum() {
        Task(executorPreference: core.settings.threads) { [self] in
            let stated = await core.origin.wholeChecksum(of: file)
            state.withLock { state in
                // Nothing stated, nothing to compare.
                if let stated, state.check?.algorithms.contains(stated.algorithm) == true {
                    state.check?.noteAnswer(stated)
                } else {
                    state.check = nil
                }
            }
            letGo()
        }
    }

    private enum Decision {
        case waits
        case answer([PendingRead])
        case refuse(Checksum.Algorithm)
    }

    /// Answers the reads that are held, if nothing is to be waited for any more. False when some go on waiting.
    @discardableResult
    func letGo(at now: Int? = nil) -> Bool {
        switch state.withLock({ decide(now, &$0) }) {
        case .waits: return false
        case .answer(let reads): for read in reads { read.answer() }
        case .refuse(let algorithm): refuse(algorithm)
        }
        return true
    }

    private func decide(_ now: Int?, _ state: inout State) -> Decision {
        guard !state.isBeingRefused else { return .waits }
        guard let check = state.check else { return .answer(state.takeHeld()) }
        switch check.outcome {
        case .wrong(let algorithm):
            // From here on nobody gets anything of it.
            state.end = state.end ?? .inputOutput
            state.isBeingRefused = true
            state.check = nil
            return .refuse(algorithm)
        case .right:
            state.check = nil
        case .open:
            guard !state.held.isEmpty || check.isHopeless else { return .answer([]) }
            // Who has waited too long gets what there is.
            let isOverdue = now.map { now in state.held.contains { $0.deadline <= now } } ?? false
            if isOverdue || check.isHopeless {
                state.check = nil
            } else if check.summing > 0 || check.gaps.allSatisfy(state.isComing) {
                return .waits
            }
        // Else he has asked for the end alone. Somebody else may come to read all of it.
        }
        return .answer(state.takeHeld())
    }

    /// What has come is wrong, and so is all that has been kept of it anywhere. Whoever opens the file now has it fetched anew. Nobody
    /// is told before: he would open it again at once, and find what is still kept.
    private func refuse(_ algorithm: Checksum.Algorithm) {
        core.forget(self)
        core.origin.forget(file)
        core.settings.onChanged(file.key)
        core.settings.onFailure(
            file.key,
            StoreError(
                .inputOutput,
                "cannot read \(file.key.shown): what came does not have the checksum that the store states (\(algorithm.rawValue))",
                isRetryable: false))
        state.withLock { $0.isBeingRefused = false }
        end(.inputOutput)
    }
}

extension SharedFile.State {
    mutating func takeHeld() -> [PendingRead] {
        defer { held = [] }
        return held
    }

    /// All of the range is on its way.
    fileprivate func isComing(_ range: Range<Int>) -> Bool {
        parts.gaps(in: range).isEmpty && parts.overlapping(range).allSatisfy { !$0.isComplete }
    }
}
