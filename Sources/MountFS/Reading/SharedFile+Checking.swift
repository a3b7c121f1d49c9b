import Checksums
import ObjectStore
import Platform
import Synchronization

/// Who reads a large file from its beginning to its end gets its last bytes only when the whole is what the store states of it. Until
/// then reads of the last bytes are held.
extension SharedFile {
    /// Somebody begins at the beginning. What has come before nobody has summed up.
    func beginCheck(_ state: inout State) {
        let algorithms = core.origin.wholeChecksums
        guard !isSmall, file.version != nil, !algorithms.isEmpty, state.isNew, state.parts.parts.isEmpty else { return }
        state.check = WholeCheck(algorithms, size: file.size)
    }

    /// Answers reads whose bytes are all there.
    func answer(_ reads: [PendingRead]) {
        for read in reads where read.range.upperBound < file.size || !hold(read) { read.answer() }
    }

    private func hold(_ read: PendingRead) -> Bool {
        let isHeld = state.withLock { state in
            guard state.check != nil else { return false }
            state.held.append(read)
            return true
        }
        if isHeld, !letGo() { core.watch.begin(core) }
        return isHeld
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
            state.withLock { $0.check?.noteAnswer(stated) }
            letGo()
        }
    }

    /// Answers the reads that are held, if nothing is to be waited for any more. False when some go on waiting.
    @discardableResult
    func letGo(at now: Int? = nil) -> Bool {
        enum Decision {
            case waits
            case answer([PendingRead])
            case refuse(Checksum.Algorithm)
        }
        let decision = state.withLock { state -> Decision in
            guard !state.held.isEmpty else { return .answer([]) }
            if let check = state.check, now.map({ now in state.held.contains { $0.deadline <= now } }) != true {
                switch check.outcome {
                case .wrong(let algorithm): return .refuse(algorithm)
                case .open where check.summing > 0 || check.gaps.allSatisfy(state.isComing): return .waits
                case .open, .right, .nothingStated: break
                }
            }
            state.check = nil
            defer { state.held = [] }
            return .answer(state.held)
        }
        switch decision {
        case .waits: return false
        case .answer(let reads): for read in reads { read.answer() }
        case .refuse(let algorithm): refuse(algorithm)
        }
        return true
    }

    /// What has come is wrong, and so is all that has been kept of it anywhere. Whoever opens the file now has it fetched anew.
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
        end(.inputOutput)
    }
}

extension SharedFile.State {
    /// All of the range is on its way.
    fileprivate func isComing(_ range: Range<Int>) -> Bool {
        parts.gaps(in: range).isEmpty && parts.overlapping(range).allSatisfy { !$0.isComplete }
    }
}
