import JSON
import MountSession
import Platform

/// Runs whose COMMAND needs mounts: each has a connection for as long as it does. The last one that goes has them unmounted,
/// unless a run without COMMAND wanted them as well; that one's stay until they are taken down.
extension Supervisor {
    /// As long as the connection lasts.
    func serve(_ user: CommandUser, _ connection: LocalConnection) {
        begin(user)
        defer { end(user) }
        let isAnswered = connection.write(line: ControlAnswer().json.compact, with: doors?.descriptors ?? [])
        guard isAnswered else { return }
        var command: ProcessGroup?
        requests: while let line = connection.readLine(limit: Self.longestRequest) {
            var answer = ControlAnswer()
            switch (try? JSONValue(reading: line)).flatMap(ControlRequest.init) {
            case .command(let process): command = ProcessGroup(Int32(truncatingIfNeeded: process))
            case .release(let limit):
                command = nil
                lower([user.holder])
                answer = release(user, Deadline(limit), connection)
                if !connection.hasEnded {
                    forget(user)
                    // Who hears that it is over may take everything down the next moment.
                    end(user)
                }
            default: break requests
            }
            connection.write(line: answer.json.compact)
        }
        // It has just ended, as when it was killed.
        if let command, command.kill() {
            log.write("process \(user.process) has died: what was left of its COMMAND is killed")
        }
        let mounts = user.end().filter { $0.leave(user.holder) }
        lower([user.holder])
        defer {
            tidy()
            forget(user)
        }
        guard !mounts.isEmpty else { return }
        log.write("process \(user.process), whose COMMAND needed mounts, has died: unmounts")
        for mount in mounts { takeAway(mount) }
        guard let limit = user.limit else { return }
        let deadline = Deadline(limit)
        for mount in mounts where mount.isWritable { _ = waitForEnd(of: mount, deadline) }
    }

    /// What was written before is in the bucket when this returns, or it says why not.
    private func release(_ user: CommandUser, _ deadline: Deadline, _ connection: LocalConnection) -> ControlAnswer {
        user.begin(waiting: deadline)
        let hasDrained = drain(user.mounts, deadline, unless: { connection.hasEnded })
        var answer = ControlAnswer()
        if connection.hasEnded { return answer }
        for mount in user.end() {
            let found = mount.keptBefore(user.holder)
            if mount.leave(user.holder) {
                let error = finish(mount, of: user.holder, deadline)
                add(mount, error ?? mount.notSaved(foundKept: found), to: &answer)
            } else {
                add(mount, mount.notSaved(foundKept: found, hasDrained: hasDrained), to: &answer)
            }
        }
        tidy()
        return answer
    }

    /// Programs that have just been ended may still use it for so long.
    private static let moment = 1000

    /// Nobody needs it any more. What is in use all the same goes from its path and is served until its users are done.
    private func finish(_ mount: SupervisedMount, of holder: MountHolder, _ deadline: Deadline) -> MountError? {
        mount.noteDrained()
        let moment = Deadline(Self.moment)
        while true {
            do throws(MountFailure) {
                try mount.unmount(.none)
                break
            } catch  where error.code == .busy {
                Threads.sleep(milliseconds: 50)
                // Somebody else may have come who needs it.
                guard mount.leave(holder) else { return nil }
                if moment.left == 0 { return detach(mount, error) }
            } catch {
                return MountError(error)
            }
        }
        return waitForEnd(of: mount, deadline)
    }

    private func detach(_ mount: SupervisedMount, _ reason: MountFailure) -> MountError {
        do throws(MountFailure) {
            try mount.unmount(.detaching)
        } catch {
            return MountError(error)
        }
        var error = MountError(reason)
        // They may write on, and nobody will tell whether that comes into the bucket.
        if !mount.isWritable { error.exitStatus = .done }
        return error
    }
}
