import Platform
import Synchronization

/// Reads: what they find, what is fetched for them, and what is fetched ahead.
extension SharedFile {
    func read(_ range: Range<Int>, by reader: Reader, _ reply: Reply<FileBytes>) {
        if answerAtHand(range, by: reader, reply) { return }
        let read = PendingRead(range, by: reader, deadline: core.deadline, reply)
        attempt(read, with: nil)
    }

    private static let largeRead = 128 << 10

    private enum Outcome {
        case ready
        case waits
        case short
        case failed(SystemError)
        /// Somebody else has settled it.
        case none
    }

    /// What is done after the lock.
    private struct Work {
        var outcome = Outcome.none
        /// Let go of here, since to free memory takes a while.
        var passed: [Part] = []
        var tellsOfAbandoning = false
        var wantsRoom = false
        var isFirstOfSmall = false
    }

    /// `grant` is memory for as much as the read asks for; without it there may be none.
    func attempt(_ read: PendingRead, with grant: MemoryGrant?) {
        let work = state.withLock { state in
            var work = Work()
            begin(read, grant, &state, &work)
            switch work.outcome {
            case .waits, .short:
                work.tellsOfAbandoning = !read.isWatched
                read.isWatched = true
            case .ready, .failed, .none: break
            }
            return work
        }
        switch work.outcome {
        case .ready: answer([read])
        case .waits: core.watch.begin(core)
        case .short: core.line.join(read, of: self)
        case .failed(let error): read.fail(error)
        case .none: break
        }
        if work.tellsOfAbandoning { read.reply.whenAbandoned { [weak self] in self?.abandon(read) } }
        if !work.passed.isEmpty { letGo() }
        if work.wantsRoom { core.makeRoomForReaders() }
        if work.isFirstOfSmall { core.folders?.noteRead(of: file, core) }
    }

    private func begin(_ read: PendingRead, _ grant: MemoryGrant?, _ state: inout State, _ work: inout Work) {
        guard !read.isSettled else { return }
        if let end = state.end {
            read.isSettled = true
            guard !state.isBeingRefused else { return state.held.append(read) }
            work.outcome = .failed(end)
            return
        }
        if let overdue = state.overdue {
            if overdue.until <= MonotonicTime.milliseconds {
                state.overdue = nil
            } else if overdue.range.overlaps(read.range), !state.parts.gaps(in: read.range).isEmpty {
                read.isSettled = true
                work.outcome = .failed(.inputOutput)
                return
            }
        }
        let reader = read.reader
        let isFirst = !reader.hasRead
        var change = ReadRuns.Change()
        if grant == nil {
            reader.hasRead = true
            change = reader.runs.note(read.range, tick: core.nextTick)
            work.isFirstOfSmall = isFirst && isSmall
            // Who begins at the beginning will probably go on.
            if isFirst, read.range.lowerBound == 0 { reader.runs.update { $0.trust() } }
            // Of what the kernel asks for ahead any may come first.
            if read.range.lowerBound == 0 { beginCheck(&state) }
        }
        // A few bytes may be all that is wanted of a file, its head; a large read is the first of many.
        let isTimid = isFirst && read.range.count < Self.largeRead
        let ahead = isTimid || grant != nil ? Lookahead.none : lookahead(of: reader)
        guard fetchGaps(of: read, isFirst ? core.settings.firstPart : ahead.part, grant, &state, &work) else {
            work.outcome = .short
            return
        }
        register(read, state.parts.overlapping(read.range), &work)
        if ahead.window > 0, core.pace.load < core.settings.busy { fetchAhead(of: reader, ahead, &state, &work) }
        dropPassed(read, change, &state, &work)
    }

    private func lookahead(of reader: Reader) -> Lookahead {
        guard !isSmall, let run = reader.runs.runs.first, run.isStream else { return .none }
        let most = core.pace.window(
            most: min(core.settings.largestWindow, core.memory.total / 4 * 3),
            among: core.streams.note(reader, tick: run.tick))
        return Lookahead(for: run, most: most, core.settings)
    }

    /// False when there is no memory for what is missing; then nothing is taken.
    private func fetchGaps(
        of read: PendingRead, _ extent: Int, _ grant: MemoryGrant?, _ state: inout State, _ work: inout Work
    ) -> Bool {
        var gaps = state.parts.gaps(in: read.range)
        guard let last = gaps.last else { return true }
        var new: [Part] = []
        // Wider than what was asked for only if there is memory, and only in order.
        if grant == nil, let wide = widened(last, extent, read.reader, state.parts), wide != last,
            let memory = BlockMemory(ahead: wide.count, of: core.memory)
        {
            gaps.removeLast()
            new.append(Part(wide, memory))
        }
        if !gaps.isEmpty {
            let count = gaps.reduce(0) { $0 + $1.count }
            guard let grant = grant ?? MemoryGrant(trying: count, of: core.memory) else { return false }
            new += gaps.map { Part($0, BlockMemory($0.count, of: grant)) }
        }
        for part in new {
            begin(part, &state)
            read.reader.runs.update { $0.issued = max($0.issued, part.range.upperBound) }
        }
        return true
    }

    private func widened(_ gap: Range<Int>, _ extent: Int, _ reader: Reader, _ parts: PartList) -> Range<Int>? {
        if isSmall { return parts.parts.isEmpty ? 0..<file.size : nil }
        guard extent > gap.count, let run = reader.runs.runs.first, run.isStream else { return nil }
        return gap.lowerBound..<parts.room(from: gap.lowerBound, to: min(gap.lowerBound + extent, file.size)).upperBound
    }

    private func register(_ read: PendingRead, _ parts: ArraySlice<Part>, _ work: inout Work) {
        for part in parts {
            let wanted = read.range.clamped(to: part.range)
            let start = part.range.lowerBound
            read.pieces.append(
                MemoryPiece(memory: part.memory, range: wanted.lowerBound - start..<wanted.upperBound - start))
            if !part.has(wanted) {
                part.waiting.append(read)
                read.missing += 1
            }
        }
        if read.missing == 0 { read.isSettled = true }
        work.outcome = read.missing == 0 ? .ready : .waits
    }

    private func fetchAhead(of reader: Reader, _ ahead: Lookahead, _ state: inout State, _ work: inout Work) {
        guard let run = reader.runs.runs.first else { return }
        let end = min(run.range.upperBound + ahead.window, file.size)
        var position = max(run.range.upperBound, run.issued)
        var allowance = run.allowance
        while true {
            let room = state.parts.room(from: position, to: file.size)
            position = room.lowerBound
            let count = min(ahead.part, room.count)
            guard count > 0, position + count <= end else { break }
            guard let memory = BlockMemory(ahead: count, of: core.memory) else {
                // Half as far until it has gone well for a while.
                allowance = max(core.settings.firstPart, ahead.window / 2)
                work.wantsRoom = true
                break
            }
            let part = Part(position..<position + count, memory)
            begin(part, &state)
            position = part.range.upperBound
            if allowance != .max { allowance += count / 4 }
        }
        reader.runs.update { run in
            run.issued = max(run.issued, min(position, end))
            run.allowance = allowance
        }
    }

    /// Lets go of what every reader has behind him.
    private func dropPassed(
        _ read: PendingRead, _ change: ReadRuns.Change, _ state: inout State, _ work: inout Work
    ) {
        let sweepsAll = change.hasMerged || change.hasEnded
        for part in sweepsAll ? state.parts.parts[...] : state.parts.overlapping(read.range)
        where part.waiting.isEmpty && (part.isComplete || change.hasEnded) && !state.isNeeded(part, by: self) {
            if state.take(part) { work.passed.append(part) }
        }
    }

    /// The program was killed: what only this read wanted is not fetched any more.
    func abandon(_ read: PendingRead) {
        let isNews = state.withLock { state in
            guard !read.isSettled else { return false }
            read.isSettled = true
            state.forget(read, by: self)
            return true
        }
        guard isNews else { return }
        // There is nobody to be told, but the request has to end.
        read.fail(.inputOutput)
    }
}

extension SharedFile.State {
    /// Lets the read wait nowhere any more, and parts go that nobody wants now.
    mutating func forget(_ read: PendingRead, by file: SharedFile) {
        for part in parts.overlapping(read.range) {
            let count = part.waiting.count
            part.waiting.removeAll { $0 === read }
            guard count != part.waiting.count, part.waiting.isEmpty, !part.isComplete else { continue }
            if !isNeeded(part, by: file) { take(part) }
        }
    }
}
