import JSON
import MountSession
import Platform
import Synchronization

/// What a run asks for is mounted, or shared with those who have it.
extension Supervisor {
    private enum Verdict {
        case begin(SupervisedMount, replacing: SupervisedMount?)
        case share(SupervisedMount)
        case wait
        case refuse
    }

    func mount(
        _ request: MountRequest, _ connection: LocalConnection, _ device: SharedDescriptor?
    ) -> ControlAnswer {
        let end = MonotonicTime.milliseconds + Self.patience
        let user = request.user.flatMap { name in state.withLock { $0.users[name] } }
        if request.user != nil, user == nil { return ControlAnswer() }
        if request.user == nil, doors != nil {
            return ControlAnswer(error: .mountedApart(request.shownDestination))
        }
        while true {
            switch verdict(on: request) {
            case .begin(let mount, let old):
                return begin(mount, replacing: old, connection, for: user, device)
            case .share where device != nil:
                return ControlAnswer(error: .servedAlready(request.shownDestination))
            case .share(let mount):
                guard mount.share(with: request.holder) else { continue }
                guard user?.add(mount) ?? true else {
                    letGo(mount, request.holder)
                    return ControlAnswer()
                }
                return ControlAnswer([mount.status().json])
            case .refuse: return ControlAnswer(error: .changedConfiguration(request.shownDestination))
            case .wait:
                guard MonotonicTime.milliseconds < end else {
                    return ControlAnswer(error: .stillEnding(request.shownDestination))
                }
                Threads.sleep(milliseconds: 20)
            }
        }
    }

    private func verdict(on request: MountRequest) -> Verdict {
        state.withLock { state in
            // What is there now goes in a moment, and what were mounted now would go with it.
            if state.drains > 0 || isAskedToEnd() { return .wait }
            guard let index = state.mounts.firstIndex(where: { $0.request.path == request.path }) else {
                let mount = SupervisedMount(request)
                state.mounts.append(mount)
                return .begin(mount, replacing: nil)
            }
            let old = state.mounts[index]
            let isSame = old.request.order.does(for: request.order)
            switch old.phase {
            case .mounting: return isSame ? .wait : .refuse
            case .mounted: return isSame ? .share(old) : .refuse
            case .unmounting, .gone: return .wait
            case .dead:
                let mount = SupervisedMount(request)
                state.mounts[index] = mount
                return .begin(mount, replacing: old)
            }
        }
    }

    private func begin(
        _ mount: SupervisedMount, replacing old: SupervisedMount?, _ connection: LocalConnection,
        for user: CommandUser?, _ device: SharedDescriptor?
    ) -> ControlAnswer {
        // It may have had another staging folder.
        noteLeft(by: [old].compactMap { $0 })
        writeFiles()
        do throws(MountFailure) {
            let destination = mount.request.shownDestination
            try old?.unmount(.detaching)
            try mount.mount(program(for: mount.request), device) { [weak self] change in
                self?.take(change, of: destination)
            }
            if !connection.hasEnded, user?.add(mount) ?? true {
                writeFiles()
                return ControlAnswer([mount.status().json])
            }
            // Whoever wanted it was interrupted, and was told that it is not there. Somebody else may have it by now.
            if mount.leave(mount.request.holder) { try mount.unmount(.detaching) }
        } catch {
            remove([mount])
            return ControlAnswer(error: MountError(error))
        }
        return ControlAnswer()
    }

    /// By any thread.
    private func take(_ change: SupervisedMount.Change, of destination: String) {
        switch change {
        case .state:
            tidy()
            noteChange()
        case .figures: noteChange()
        case .event(let event): tell(event, of: destination)
        }
    }

    private func program(for request: MountRequest) -> SessionProgram {
        SessionProgram(
            ["provision", TaskSession.word, folder.state.path, request.shownPath], program: "/proc/self/exe",
            configuration: Array(request.order.json.compact.utf8))
    }
}

extension MountError {
    static func changedConfiguration(_ destination: String) -> MountError {
        MountError(
            code: "changed-configuration",
            message: "`\(destination)` is mounted already, from another source or with other settings",
            hint: "`provision down` unmounts it; run the task again then", isRetryable: false,
            exitStatus: .badConfiguration)
    }

    static func mountedApart(_ destination: String) -> MountError {
        MountError(
            code: "busy",
            message: "`\(destination)` would be mounted where only the COMMAND of another run of this task sees it",
            hint: "try again when that has ended, or give this run a COMMAND as well", isRetryable: true,
            exitStatus: .temporary)
    }

    static func servedAlready(_ destination: String) -> MountError {
        MountError(
            code: "busy", message: "`\(destination)` is served already, on another descriptor than the one passed in",
            hint: "`provision down` ends that", isRetryable: true, exitStatus: .temporary)
    }

    static func stillEnding(_ destination: String) -> MountError {
        MountError(
            code: "busy", message: "an earlier mount of `\(destination)` is still ending",
            hint: "try again; `provision status` shows it", isRetryable: true, exitStatus: .temporary)
    }
}
