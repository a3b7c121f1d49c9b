import Glibc
import Platform
import Synchronization

/// What is shown to the outside while the supervisor lives. Nothing of this wakes up while nothing changes.
extension Supervisor {
    private static let pause = 1000

    /// A run has its mounts, and leaves it to us to show that.
    func announce(_ announcement: Announcement) -> ControlAnswer {
        // One that was killed meanwhile has nobody left who would take it back.
        if let user = announcement.user, !hasUser(user) { return ControlAnswer() }
        var answer = ControlAnswer()
        answer.process = Int(getpid())
        do throws(MountError) {
            try notices.withLock { notices throws(MountError) in
                notices.add(announcement)
                record(notices)
                guard announcement.isReady, let file = announcement.notices.readyFile else { return }
                do throws(SystemError) { try file.write("") } catch {
                    throw .noReadyFile(file, error)
                }
            }
        } catch {
            answer.error = error
        }
        beginShowing()
        // One of them may have died before anybody was to be shown that.
        tidy()
        return answer
    }

    /// What these hold is not there any more, or is about to go; nothing: what anybody holds. `isStopping`: the supervisor was
    /// asked to end. Without that a service manager would go on to end it when the mounts stay.
    func lower(_ holders: Set<MountHolder>?, isStopping: Bool = false) {
        notices.withLock { notices in
            let before = notices.readyFiles
            let managers = notices.lower(holders)
            for file in before.subtracting(notices.readyFiles) {
                do throws(SystemError) { try file.remove() } catch {
                    log.write("the ready file \(file.path) cannot be removed: \(error.description)")
                }
            }
            if before != notices.readyFiles { record(notices) }
            if isStopping { for manager in managers { tell(manager, .stopping) } }
        }
        noteChange()
    }

    /// A run has given back what it had.
    func forget(_ user: CommandUser) {
        lower([user.holder])
        show()
        notices.withLock { $0.forget(user.holder) }
    }

    /// Figures have changed, or states.
    func noteChange() { hasChanged.signal() }

    /// A thread that sleeps until something changes, once somebody wants to be shown that.
    private func beginShowing() {
        guard startsShowing() else { return }
        let thread = MaskedThread.start(named: "notices") { [self] in
            while true {
                _ = DescriptorWait.untilReadable(hasChanged.descriptor, milliseconds: nil)
                hasChanged.clear()
                show()
                Threads.sleep(milliseconds: Self.pause)
            }
        }
        if thread == nil { log.write("no thread can be had that would keep the metrics file current") }
    }

    /// One at a time, so that what is older does not come last.
    func show() {
        notices.withLock { notices in
            guard !notices.isEmpty else { return }
            let mounts = statuses
            for (file, text) in notices.metrics(mounts) {
                do throws(SystemError) { try file.write(text) } catch {
                    log.write("the metrics file \(file.path) cannot be written: \(error.description)")
                }
            }
            for (manager, text) in notices.news(mounts) { tell(manager, .status(text)) }
        }
    }

    private func tell(_ manager: ServiceManager, _ news: ServiceManager.News) {
        do throws(SystemError) { try manager.tell([news]) } catch {
            log.write("the service manager cannot be told anything: \(error.description)")
        }
    }
}
