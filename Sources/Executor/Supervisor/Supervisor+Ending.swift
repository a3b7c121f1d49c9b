import MountSession
import Platform
import Synchronization

/// What is written comes into the bucket, and mounts go.
extension Supervisor {
    // MARK: Saving

    func flush(_ deadline: Deadline) -> ControlAnswer {
        let mounts = state.withLock { $0.mounts }
        drain(mounts, deadline)
        var answer = ControlAnswer()
        for mount in mounts { add(mount, mount.notSaved, to: &answer) }
        return answer
    }

    /// All of them at the same time. Returns when they have come as far as they can; false when the time is over, or nobody waits
    /// any more, before that.
    @discardableResult
    func drain(
        _ mounts: [SupervisedMount], _ deadline: Deadline, unless isGivenUp: () -> Bool = { false }
    ) -> Bool {
        do throws(SystemError) {
            let drains = try OpenDrains(mounts.count)
            for mount in mounts {
                waitUntilMounted(mount)
                mount.noteWaiting(true)
                mount.drain { drains.end() }
            }
            defer { for mount in mounts { mount.noteWaiting(false) } }
            return drains.wait(deadline, unless: isGivenUp)
        } catch {
            log.write("nobody can wait for what is on its way into the bucket: \(error.description)")
            return false
        }
    }

    func add(_ mount: SupervisedMount, _ error: MountError?, to answer: inout ControlAnswer) {
        if let error { log.write("\(mount.request.shownDestination): \(error.message)") }
        answer.mounts.append(mount.status(error).json)
        let statuses = [answer.error, error].compactMap { $0?.exitStatus }
        // The first of those that decide.
        if let error, answer.error?.exitStatus != ExitStatus.deciding(among: statuses) { answer.error = error }
    }

    // MARK: Unmounting

    /// So long may uploads take that nobody wants to wait for: of `down --force`, and of a supervisor that was asked twice
    /// to end.
    private static let hurry = 10_000
    /// What is just ending is waited for: it has nothing to do any more, or was killed.
    static let patience = 30_000

    /// What could not be saved stays mounted, so that somebody can see to that, unless it is forced.
    func down(isForced: Bool, _ limit: Int?) -> ControlAnswer {
        if !isForced, let user = state.withLock({ $0.users.values.first }) {
            return ControlAnswer(
                state.withLock { $0.mounts }.map { $0.status().json }, error: .commandRuns(user.process))
        }
        lower(nil)
        let mounts = innerFirst()
        let deadline = Deadline(limit ?? (isForced ? Self.hurry : nil))
        drain(mounts, deadline)
        var answer = ControlAnswer()
        for mount in mounts {
            let error = mount.hasPending && !isForced ? mount.notSaved : end(mount, isForced: isForced, deadline)
            add(mount, error, to: &answer)
        }
        tidy()
        answer.isNeeded = state.withLock { !$0.users.isEmpty }
        return answer
    }

    /// Returns why it was not unmounted, or what was not saved.
    private func end(_ mount: SupervisedMount, isForced: Bool, _ deadline: Deadline) -> MountError? {
        mount.noteDrained()
        do throws(MountFailure) {
            try mount.unmount(isForced ? .cutting : .none)
        } catch {
            return MountError(error)
        }
        return waitForEnd(of: mount, deadline) ?? mount.notSaved
    }

    /// After it was unmounted. Returns why it is still there.
    func waitForEnd(of mount: SupervisedMount, _ deadline: Deadline) -> MountError? {
        // Between the drain and the end of the mount somebody may have written more.
        let ending = mount.isWritable ? deadline : Deadline(Self.patience)
        if !ending.wait({ mount.waitForEnd(milliseconds: $0) }) {
            guard mount.isWritable else { return MountError.inUse(mount.request.shownPath) }
            mount.cut()
            _ = mount.waitForEnd(milliseconds: Self.patience)
        }
        return nil
    }

    /// What is mounted inside of another mount goes first.
    private func innerFirst() -> [SupervisedMount] {
        state.withLock { $0.mounts }.sorted { $0.request.path > $1.request.path }
    }

    private func waitUntilMounted(_ mount: SupervisedMount) {
        while case .mounting = mount.phase { Threads.sleep(milliseconds: 20) }
    }

    /// The supervisor shall end. What programs use is taken from its path at once, and served until they are done and what
    /// they wrote is in the bucket; when asked again, no longer than `hurry`.
    func drain(isUrgent: Bool) {
        state.withLock { $0.drains += 1 }
        let thread = MaskedThread.start(named: "drain") { [self] in
            log.write(isUrgent ? "asked again to end: cuts off what is in use" : "asked to end: unmounts")
            lower(isUrgent ? nil : [.task], isStopping: true)
            // Whoever stops a system sends that to all processes, and a COMMAND may write until it ends.
            let mounts = innerFirst().filter { $0.leave(.task) || isUrgent }
            for mount in mounts { takeAway(mount) }
            if isUrgent {
                drain(mounts, Deadline(Self.hurry))
                for mount in mounts { mount.cut() }
            }
            // Of one that is in use, or saves still, its own end will tell.
            for mount in mounts { _ = mount.waitForEnd(milliseconds: isUrgent ? Self.patience : 0) }
            tidy()
            state.withLock { $0.drains -= 1 }
            changed()
        }
        if thread == nil {
            log.write("asked to end, but no thread can be had for that")
            state.withLock { $0.drains -= 1 }
        }
    }

    /// Whoever wanted it has gone before it got it.
    func letGo(_ mount: SupervisedMount, _ holder: MountHolder) {
        if mount.leave(holder) { takeAway(mount) }
    }

    func takeAway(_ mount: SupervisedMount) {
        waitUntilMounted(mount)
        do throws(MountFailure) {
            do throws(MountFailure) {
                try mount.unmount(.none)
            } catch  where error.code == .busy {
                try mount.unmount(.detaching)
            }
        } catch {
            log.write("\(mount.request.shownDestination): \(error.message)")
        }
    }
}
