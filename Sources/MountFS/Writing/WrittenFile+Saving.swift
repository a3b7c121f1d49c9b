import Glibc
import ObjectStore
import Platform
import Staging
import Synchronization

extension WrittenFile {
    /// The file is whole as it is now. Answers when it is in the bucket, or cannot come there; the latter is no end.
    func save(_ then: @escaping Waiter) {
        let version: Int
        do throws(SystemError) {
            let known = staged.state
            guard known.isTorn || known.sealed != nil else { return then(.success(())) }
            // Nothing has changed since it was sealed.
            if !known.isTorn, let sealed = known.sealed { version = sealed.number } else { version = try seal() }
        } catch {
            return then(.failure(error))
        }
        wait(for: version, isTold: true, then)
        if mustBegin() { beginHere { await $0.saveAll() } }
    }

    /// Answers when what is sealed now is in the bucket, or when the store refuses it or has not answered for too long. What it
    /// has refused is tried again at once: whoever asks may have seen to that.
    func waitForSealed(_ then: @escaping Waiter) {
        guard let sealed = staged.state.sealed else { return then(.success(())) }
        let conflict = state.withLock { state -> Bool? in
            guard state.hasConflict else { return nil }
            if !state.isConflictTold {
                state.waiting.append(Waiting(version: sealed.number, isTold: false, then: then))
            }
            return state.isConflictTold
        }
        guard let isConflictTold = conflict else {
            wait(for: sealed.number, isTold: false, then)
            return saveIfNeeded()
        }
        if isConflictTold { then(.success(())) }
    }

    private func wait(for version: Int, isTold: Bool, _ then: @escaping Waiter) {
        let pause = state.withLock { state -> AlarmClock.Pause? in
            state.waiting.append(Waiting(version: version, isTold: isTold, then: then))
            guard let failure = state.failure, !failure.mayPass else { return nil }
            state.pause = state.pause ?? AlarmClock.Pause()
            return state.pause
        }
        pause?.end()
    }

    /// The same without anybody who waits: a failure is told later.
    func saveBehind() throws(SystemError) {
        guard staged.state.isTorn else { return }
        try seal()
        saveIfNeeded()
    }

    /// What cannot be noted, for want of room on the disk, say, is tried again, as an upload is.
    @discardableResult
    private func seal() throws(SystemError) -> Int {
        do throws(SystemError) {
            let version = try staged.seal()
            state.withLock { $0.isSealWanted = false }
            return version
        } catch {
            let isFirst = state.withLock { state in
                state.failure = .disk(error)
                defer { state.isSealWanted = true }
                return !state.isSealWanted
            }
            let told = StoreError(error, "\(key?.shown ?? "a deleted file"): cannot be saved")
            settings.report(told.message, told)
            if isFirst { begin { await $0.sealLater() } }
            throw error
        }
    }

    private func sealLater() async {
        while isSealWanted {
            await AlarmClock.shared.pause(milliseconds: settings.longPause.milliseconds)
            sealIfWanted()
        }
    }

    func sealIfWanted() {
        // Why it cannot be has been told.
        if isSealWanted { try? saveBehind() }
    }

    /// What was sealed by whoever was here before.
    func saveIfNeeded() {
        if mustBegin() { begin { await $0.saveAll() } }
    }

    /// Nobody sees to what is sealed; from now on somebody does.
    private func mustBegin() -> Bool {
        state.withLock { state in
            guard state.stills == 0 else { return false }
            defer { state.isSaving = true }
            return !state.isSaving
        }
    }

    // MARK: Stillness

    /// Has `body` run while the file is on no way to the store, so that it can be sent somewhere else.
    func whileStill<Answer: Sendable, Failure: Error>(
        _ body: () async throws(Failure) -> Answer
    ) async throws(Failure) -> Answer {
        state.withLock { $0.stills += 1 }
        await stillness.enter()
        await waitForAttempt()
        defer {
            stillness.leave()
            state.withLock { $0.stills -= 1 }
            saveIfNeeded()
        }
        return try await body()
    }

    /// Until the store is not being asked.
    private func waitForAttempt() async {
        await withCheckedContinuation { continuation in
            let isStill = state.withLock { state in
                if state.isAttempting { state.waitingForStillness.append(continuation) }
                return !state.isAttempting
            }
            if isStill { continuation.resume() }
        }
    }

    /// Not before what is to go from under its name has gone. Whoever waits for that is on no way to the store.
    private func mayAttempt() async -> Bool {
        if let key { await uploader.wait(for: key) }
        return beginAttempt()
    }

    private func beginAttempt() -> Bool {
        state.withLock { state in
            guard state.stills == 0 else {
                state.isSaving = false
                return false
            }
            state.isAttempting = true
            state.pause = nil
            return true
        }
    }

    private func endAttempt() {
        let waiting = state.withLock { state in
            state.isAttempting = false
            state.isUploading = false
            defer { state.waitingForStillness = [] }
            return state.waitingForStillness
        }
        for continuation in waiting { continuation.resume() }
    }

    // MARK: Attempts

    private func saveAll() async {
        var pause = settings.pauses.lowerBound
        while await mayAttempt() {
            await ahead.wait()
            let parts = staged.state.sealed?.parts.count
            do throws(Uploader.Failure) {
                // Its name may not be its own any more.
                if isMoveUnheard, staged.state.sealed != nil { _ = try await hearOfMove() }
                guard let target = nextTarget() else { return endAttempt() }
                state.withLock { $0.isUploading = true }
                let saved = try await uploader.upload(staged, to: target)
                if let saved {
                    pause = settings.pauses.lowerBound
                    finish(saved, target)
                }
                endAttempt()
            } catch {
                let failure = await heardOfMove(after: error)
                endAttempt()
                guard let failure else { continue }
                // Something was done all the same.
                if staged.state.sealed?.parts.count != parts { state.withLock { $0.failingSince = nil } }
                guard let next = note(failure, pause) else { return }
                await rest(next)
                pause = min(TimeSpan(milliseconds: pause.milliseconds * 2), settings.pauses.upperBound)
            }
        }
    }

    /// What was sent, and of which nobody knows whether it came into the bucket, is found out, before the name means something else.
    /// Not while an attempt is under way. Where the store cannot say so, it is as if it had not come there.
    func hear() async {
        guard let key, !staged.state.attempts.isEmpty else { return }
        let target = state.withLock { place(for: key, $0) }
        do throws(Uploader.Failure) {
            guard let saved = try await uploader.unheard(of: staged, to: target) else { return }
            guard staged.state.sealed != nil else {
                return try uploader.onDisk { () throws(SystemError) in try rebase(on: saved.object, saved.metadata) }
            }
            state.withLock { $0.isUploading = true }
            defer { state.withLock { $0.isUploading = false } }
            try uploader.onDisk { () throws(SystemError) in
                try staged.settle(saved.number, as: saved.object.words)
            }
            finish(saved, target)
        } catch {
            let error = error.error
            settings.report("\(key.shown): whether it is in the bucket cannot be found out: \(error.told)", error)
        }
    }

    /// A version that is in the bucket is known to be there, with what follows from that.
    func waitForEnd() async {
        guard staged.state.sealed == nil else { return }
        await waitForAttempt()
    }

    private func rest(_ span: TimeSpan) async {
        let pause = state.withLock { state in
            let pause = state.pause ?? AlarmClock.Pause()
            state.pause = pause
            return pause
        }
        await AlarmClock.shared.pause(milliseconds: span.milliseconds, pause)
    }

    /// Nothing when there is nothing to be done any more; then the next `save` begins anew.
    private func nextTarget() -> Uploader.Target? {
        let (target, done) = state.withLock { state -> (Uploader.Target?, [Waiting]) in
            if let key = state.key, staged.state.sealed != nil {
                return (place(for: key, state), [])
            }
            state.isSaving = false
            // Of what was deleted nothing is left to be saved.
            defer { state.waiting = [] }
            return (nil, state.waiting)
        }
        if target == nil { wholeCopy.forget() }
        for waiting in done { waiting.then(.success(())) }
        return target
    }

    private func finish(_ saved: Uploader.Saved, _ target: Uploader.Target) {
        wholeCopy.forget()
        state.withLock { state in
            state.isUploading = false
            if state.key == saved.object.key { state.replacing = saved.object.version }
            // It is another version than the one that was to be moved.
            state.moving = nil
            state.stored = saved.metadata
            state.failingSince = nil
            state.failure = nil
            (state.hasConflict, state.isConflictTold) = (false, false)
            beginAgain(&state)
        }
        do throws(SystemError) {
            try stay()
        } catch {
            settings.report("\(saved.object.key.shown): the journal cannot be written: \(error.description)", nil)
        }
        countRoom()
        onEnd(self, saved.object)
        answer(.success(())) { $0.version <= saved.number }
    }

    /// How long to wait before the next attempt; nothing when there shall be none.
    private func note(_ failure: Uploader.Failure, _ pause: TimeSpan) -> TimeSpan? {
        let now = settings.now()
        let (since, wasConflict) = state.withLock { state in
            let wasConflict = state.hasConflict
            if case .conflict = failure { state.hasConflict = true } else { state.failure = failure }
            state.failingSince = state.failingSince ?? now
            return (state.failingSince!, wasConflict)
        }
        let name = key?.shown ?? "a deleted file"
        switch failure {
        case .conflict(let error):
            wholeCopy.forget()
            if !wasConflict { settings.report("\(name): \(error.told); what was written here is kept", error) }
            state.withLock { $0.isSaving = false }
            // Whoever waits, a drain as well, finds what was kept.
            onEnd(self, nil)
            state.withLock { ($0.failure, $0.isConflictTold) = (failure, true) }
            answer(.failure(SystemError(code: ESTALE)))
            return nil
        case .store(let error) where error.isRetryable:
            if now - since >= settings.ioTimeout.milliseconds { answer(.failure(.ioError)) }
            settings.report("\(name): \(error.told)", error)
            return pause
        case .store(let error):
            settings.report("\(name): \(error.told)", error)
            answer(.failure(SystemError(error)))
            return settings.longPause
        case .disk(let error):
            settings.report("\(name): the staged file cannot be used: \(error.description)", failure.error)
            answer(.failure(error))
            return settings.longPause
        }
    }

    /// A program that did not wait is told the next time.
    private func answer(_ result: Result<Void, SystemError>, _ isMeant: (Waiting) -> Bool = { _ in true }) {
        let meant = state.withLock { state in
            let meant = state.waiting.filter(isMeant)
            state.waiting.removeAll(where: isMeant)
            if case .failure(let error) = result, !meant.contains(where: \.isTold) { state.lateError = error }
            if case .success = result { state.lateError = nil }
            return meant
        }
        for waiting in meant { waiting.then(result) }
    }

    func place(for key: ObjectKey, _ state: State) -> Uploader.Target {
        Uploader.Target(
            key: key, metadata: uploader.store.capabilities.keepsMetadata ? wantedMetadata(state) : .init(),
            replacing: state.replacing, copy: wholeCopy,
            isWanted: { [weak self] in self?.state.withLock { $0.stills == 0 && $0.key == key } ?? false },
            finishing: { [self] saved throws(Uploader.Failure) in try await completed(saved) })
    }
}
