import Glibc
public import Platform
import Synchronization

/// Keeps a mount for as long as it is wanted, whatever becomes of the process that serves it.
///
/// The keeper opens /dev/fuse, mounts and answers INIT; then it starts the session and holds on to the device. When a
/// session dies the next one goes on where it stopped, and programs that wait do not notice. A thread waits for that
/// and for what sessions have to say. When sessions keep dying, the device is closed: every program that uses the mount
/// gets an error then, which is better than waiting for ever. The dead mount stays in its place, so that nobody writes
/// into the folder below it.
///
/// With the process of the keeper its sessions end, and so does every use of the mount (ENOTCONN); the next keeper
/// replaces it.
public final class Keeper: Sendable {
    public enum Event: Sendable, Equatable {
        /// The process that served has died, perhaps killed by the kernel for want of memory.
        case lost(ProcessEnd, isOutOfMemory: Bool)
        /// Another one serves, after so many milliseconds.
        case revived(milliseconds: Int)
        /// Nobody serves any more, and the dead mount stays.
        case gaveUp(reason: String)
        /// By us or by somebody else, and nobody uses it any more.
        case unmounted
        case note(String)
        /// What the session that serves says of its store.
        case trouble(SessionTrouble)
        /// How far it has come with what programs have written.
        case saving(SavingFigures)
        case kept(KeptReport)
        /// One file of that is in the bucket.
        case uploaded(UploadReport)
        /// What has gone to and fro between it and its store.
        case traffic(SessionTraffic)
    }

    private struct State {
        var session: RunningSession?
        var isCut = false
        var isDead = false
        var drains = Drains()
    }

    private let place: MountPlace
    private let program: SessionProgram
    private let observe: @Sendable (Event) -> Void
    private let state: Mutex<State>
    /// Of several who want that one tries at a time: the kernel takes each for somebody who uses it.
    private let isUnmounted = Mutex(false)
    private let ended: WakeUp

    /// Mounts; returns when the root of what is mounted has answered. `observe` is called from a thread of the
    /// keeper's.
    public init(
        _ options: MountOptions, _ program: SessionProgram, observe: @escaping @Sendable (Event) -> Void = { _ in }
    ) throws(MountFailure) {
        self.program = program
        self.observe = observe
        do throws(SystemError) {
            ended = try WakeUp()
        } catch {
            throw MountFailure(.noFUSE, "no descriptor can be had: \(error.description)")
        }
        let mount = try FUSEMount.make(options)
        place = mount.place
        do throws(SystemError) {
            try place.setReadAhead(options.readAhead)
        } catch {
            observe(.note("the kernel reads ahead as little as it does by itself: \(error.description)"))
        }
        let session: RunningSession
        do throws(MountFailure) {
            session = try RunningSession.first(of: program, on: mount)
        } catch {
            mount.place.detach()
            throw error
        }
        state = Mutex(State(session: session))
        for news in session.earlyNews() { note(news) }
        guard MaskedThread.start(named: "keeper", { [self] in supervise(mount, session) }) != nil else {
            session.kill()
            session.wait()
            mount.place.detach()
            throw MountFailure(.noFUSE, "no thread can be had")
        }
    }

    /// Where it really is, without links.
    public var path: RawPath { place.path }

    /// Whether it is at its path or anywhere else. One that was detached may still be in use.
    public var isMounted: Bool { place.isMounted }
    /// The same of one that nobody serves any more.
    public var isLeftMounted: Bool { place.isInPlace }

    /// The process that serves at this moment.
    public var sessionProcess: Int32? { state.withLock { $0.session?.process } }

    // MARK: As long as it is there

    private func supervise(_ mount: FUSEMount, _ first: RunningSession) {
        let event = serve(mount, first)
        let drains = state.withLock { state in
            state.session = nil
            state.isDead = true
            return state.drains.takeAll()
        }
        mount.close()
        observe(event)
        ended.signal()
        for drain in drains { drain() }
    }

    private func note(_ news: SessionReport) {
        switch news {
        case .trouble(let trouble): observe(.trouble(trouble))
        case .saving(let figures): observe(.saving(figures))
        case .kept(let kept): observe(.kept(kept))
        case .uploaded(let file): observe(.uploaded(file))
        case .traffic(let traffic): observe(.traffic(traffic))
        case .drained(let number): state.withLock { $0.drains.take(number) }?()
        // What it says of its own end its exit status says as well.
        case .serving, .failed: break
        }
    }

    /// Returns how it ended.
    private func serve(_ mount: FUSEMount, _ first: RunningSession) -> Event {
        var session = first
        var deaths = Deaths(most: program.deathsBorne)
        var kills = MemoryKills()
        while true {
            for news in session.earlyNews() { note(news) }
            while let news = session.nextNews() { note(news) }
            let end = session.wait()
            if end == .exited(ExitStatus.done.rawValue) {
                // The kernel has told it so.
                return place.isOnTop ? .gaveUp(reason: "somebody has cut the mount off (abort)") : .unmounted
            }
            let isOutOfMemory = kills.explain(end)
            observe(.lost(end, isOutOfMemory: isOutOfMemory))
            let watch = Stopwatch()
            switch revive(on: mount, &deaths) {
            case .success(let next):
                session = next
                state.withLock { state in for number in state.drains.numbers { _ = next.drain(number) } }
            case .failure(let failure):
                let cause = isOutOfMemory ? "; the last one was killed for want of memory" : ""
                return .gaveUp(reason: isCut ? "it was cut off" : failure.message + cause)
            }
            observe(.revived(milliseconds: Int(watch.seconds * 1000)))
        }
    }

    private func revive(on mount: FUSEMount, _ deaths: inout Deaths) -> Result<RunningSession, SessionFailure> {
        var last = SessionFailure("its sessions die again and again", exitStatus: .systemRefused)
        while !isCut, let pause = deaths.pause(afterDeathAt: MonotonicTime.milliseconds) {
            Threads.sleep(milliseconds: pause)
            let session: RunningSession
            do throws(SystemError) {
                session = try RunningSession(program, on: mount)
            } catch {
                last = SessionFailure("no session can be started", error)
                continue
            }
            // Whoever cuts the mount off from here on finds the session to kill.
            state.withLock { $0.session = session }
            switch isCut ? .ended : session.beginning(milliseconds: program.startMilliseconds) {
            case .serving: return .success(session)
            case .failed(let failure): last = failure
            case .ended, .late: break
            }
            session.kill()
            session.wait()
        }
        return .failure(last)
    }

    private var isCut: Bool { state.withLock { $0.isCut } }

    // MARK: Saving

    /// Has everything brought into the bucket that is whole now. `then` is called, by any thread and perhaps at once, when
    /// all of it is there or what is not cannot come there, and when nobody serves any more.
    public func drain(_ then: @escaping @Sendable () -> Void) {
        let isServed = state.withLock { state in
            guard let session = state.session, !state.isDead, let number = state.drains.add(then) else { return false }
            // One that has just ended has a successor, who is told then.
            _ = session.drain(number)
            return true
        }
        if !isServed { then() }
    }

    // MARK: The end

    /// Takes the mount away from its path. Whoever uses it hinders that, unless it is detached: then those who have it
    /// open may go on until they are done. A dead mount is always detached, since nobody can go on in it. What is
    /// unmounted already stays so.
    public func unmount(detaching: Bool = false) throws(MountFailure) {
        // Who has mounted it unmounts it. Without anybody who serves it is dead meanwhile.
        if place.isElsewhere { return cut() }
        guard try takeAwayWhenFree(detaching: detaching) else { return }
        throw MountFailure(
            .busy, "something else is mounted over `\(path.text)`", hint: "umount \(path.text), then try again")
    }

    /// While a program ends, or a namespace is made, the kernel holds it for a moment that nobody can be named for.
    private static let shortestUseMilliseconds = 2000

    private func takeAwayWhenFree(detaching: Bool) throws(MountFailure) -> Bool {
        let end = MonotonicTime.milliseconds + Self.shortestUseMilliseconds
        while true {
            do throws(SystemError) {
                return try takeAway(detaching: detaching)
            } catch  where error.code == EBUSY {
                let users = RunningProcess.using(path)
                guard users.isEmpty, MonotonicTime.milliseconds < end else {
                    throw MountFailure(
                        .busy, "programs still use `\(path.text)`\(named(users))",
                        hint: "`fuser -vm \(path.text)` shows which")
                }
                // Looking for who it may be takes a look at every process.
                Threads.sleep(milliseconds: 50)
            } catch {
                throw MountFailure(.busy, "`\(path.text)` cannot be unmounted: \(error.description)")
            }
        }
    }

    /// True when it is left, for what somebody has put over it.
    private func takeAway(detaching: Bool) throws(SystemError) -> Bool {
        try isUnmounted.withLock { isUnmounted throws(SystemError) in
            guard !isUnmounted, place.isMounted else { return false }
            // If it is not, somebody else may have been faster.
            guard place.isOnTop else { return place.isMounted }
            try place.unmount(detaching: detaching || state.withLock { $0.isDead })
            isUnmounted = true
            return false
        }
    }

    /// The first few of them.
    private func named(_ users: [RunningProcess]) -> String {
        guard !users.isEmpty else { return "" }
        let others = users.count > 5 ? " and \(users.count - 5) more" : ""
        return ": " + users.prefix(5).map(\.description).joined(separator: ", ") + others
    }

    /// Waits until nobody uses any more what was unmounted; no limit means for ever. False when the time is over.
    public func waitForEnd(milliseconds: Int?) -> Bool {
        DescriptorWait.untilReadable(ended.descriptor, milliseconds: milliseconds)
    }

    /// Ends it for those who use it still: they get errors. What it has not saved is lost.
    public func cut() {
        let session = state.withLock { state in
            state.isCut = true
            return state.session
        }
        session?.kill()
    }
}
