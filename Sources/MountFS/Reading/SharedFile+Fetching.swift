import Checksums
import ObjectStore
import Platform
import Synchronization

/// Requests: one for each part, and again while somebody waits and the store may come back.
extension SharedFile {
    func fetch(_ part: Part) async {
        var next = beginning(of: part)
        while let (wanted, pinned) = next {
            var version = file
            version.version = pinned
            var failure: StoreError?
            await core.pace.measure(wanted.count) {
                failure = await self.request(part, wanted, of: version)
                return failure == nil
            }
            guard let failure, !givesUp(part, failure) else { return }
            await core.pause()
            next = remaining(of: part)
        }
        release(part)
    }

    /// Nothing has come of it, so that the lock need not be asked: whoever has begun it may hold that a little longer.
    private func beginning(of part: Part) -> (Range<Int>, ObjectVersion?)? {
        guard let version = file.version, !Task.isCancelled else { return remaining(of: part) }
        return (part.range, version)
    }

    /// One request. Returns why it failed.
    private func request(_ part: Part, _ wanted: Range<Int>, of version: FileVersion) async -> StoreError? {
        let done = wanted.lowerBound - part.range.lowerBound
        do throws(StoreError) {
            let found = try await core.origin.fetch(
                wanted, of: version, into: MemoryPiece(memory: part.memory, range: done..<part.range.count)
            ) { [self] count in receive(part, done + count) }
            finish(part, found)
            return nil
        } catch {
            return error
        }
    }

    /// What is still to come; nothing when nobody wants it any more. Bytes that are there stay, if they are of a version that
    /// can be asked for again.
    private func remaining(of part: Part) -> (Range<Int>, ObjectVersion?)? {
        state.withLock { state in
            guard !part.isGone else { return nil }
            let version = file.version ?? state.pinned
            return (part.range.lowerBound + part.received..<part.range.upperBound, version)
        }
    }

    /// Called by the thread that has received the bytes: it answers those who waited for them.
    private func receive(_ part: Part, _ count: Int) {
        guard file.version != nil else { return }
        let ready = state.withLock { _ -> [PendingRead] in
            // Less than before: the request was made again.
            guard count > part.received, !part.isGone else { return [] }
            part.received = count
            return part.takeReady()
        }
        answer(ready)
    }

    private func finish(_ part: Part, _ found: ObjectVersion) {
        enum End {
            case done([PendingRead])
            case changed
        }
        var algorithms: [Checksum.Algorithm]?
        let end = state.withLock { state -> End in
            part.task = nil
            guard !part.isGone else { return .done([]) }
            if file.version == nil {
                if let pinned = state.pinned, pinned != found { return .changed }
                state.pinned = found
            }
            part.received = part.range.count
            part.isComplete = true
            state.trouble = nil
            state.isNew = false
            algorithms = state.check?.algorithms
            state.check?.begin()
            let ready = part.takeReady()
            if !state.isNeeded(part, by: self), opensOrReads(state) { state.take(part) }
            return .done(ready)
        }
        switch end {
        case .done(let ready): answer(ready)
        case .changed: changed(part)
        }
        if let algorithms { check(part, by: algorithms) }
        core.relieve()
    }

    /// A file that was fetched before anybody has opened it waits for that.
    private func opensOrReads(_ state: State) -> Bool { !state.readers.isEmpty }

    // MARK: Failures

    /// Who waits may wait until the store is back; his own time limit ends that. False then. What nobody waits for, or what will
    /// not be had, fails; that is one decision, or somebody could come to wait in between and hear of what passes.
    private func givesUp(_ part: Part, _ error: StoreError) -> Bool {
        guard !error.meansChanged else {
            changed(part)
            return true
        }
        let failed = state.withLock { state -> [PendingRead]? in
            if error.isRetryable, !part.isGone, !part.waiting.isEmpty {
                state.trouble = error
                return nil
            }
            part.task = nil
            guard state.take(part) else { return [] }
            state.forgetIssued(part)
            let failed = part.takeWaiting()
            for read in failed { state.forget(read, by: self) }
            return failed
        }
        guard let failed else { return false }
        if !failed.isEmpty { core.settings.onFailure(file.key, error) }
        for read in failed { read.fail(error.readError) }
        letGo()
        core.relieve()
        return true
    }

    /// The version that everybody here reads is gone: they have to open the file anew.
    private func changed(_ part: Part) {
        let isNews = state.withLock { state in
            part.task = nil
            return !part.isGone && state.end == nil
        }
        guard isNews else { return }
        core.forget(self)
        core.settings.onChanged(file.key)
        end(.stale)
    }

    /// Nobody wanted it.
    private func release(_ part: Part) {
        state.withLock { _ in part.task = nil }
        core.relieve()
    }

    /// Fails the reads that have waited for too long. False when none waits.
    func failOverdue(at now: Int) -> Bool {
        let (overdue, isWaiting, trouble) = state.withLock { state in
            var overdue: [PendingRead] = []
            for read in Set(state.parts.parts.flatMap(\.waiting).map(ReadIdentity.init)).map(\.read)
            where read.deadline <= now && !read.isSettled {
                read.isSettled = true
                overdue.append(read)
                state.forget(read, by: self)
                let known = state.overdue.map { $0.until > now ? $0.range : read.range } ?? read.range
                state.overdue = (
                    min(known.lowerBound, read.range.lowerBound)..<max(known.upperBound, read.range.upperBound),
                    now + core.settings.moment.milliseconds
                )
            }
            return (overdue, state.parts.parts.contains { !$0.waiting.isEmpty }, state.trouble)
        }
        if !overdue.isEmpty { core.reportTimeout(of: file.key, trouble) }
        for read in overdue { read.fail(.inputOutput) }
        let isHolding = !letGo(at: now)
        return isWaiting || isHolding
    }
}

/// A read that waits for several parts is one read.
private struct ReadIdentity: Hashable {
    let read: PendingRead

    static func == (left: ReadIdentity, right: ReadIdentity) -> Bool { left.read === right.read }
    func hash(into hasher: inout Hasher) { hasher.combine(ObjectIdentifier(read)) }
}
