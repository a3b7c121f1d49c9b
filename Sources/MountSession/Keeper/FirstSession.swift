import Platform

extension RunningSession {
    /// Starts the first session of a mount, and returns when the root has answered through the kernel: only then it is
    /// known that programs will get somewhere.
    static func first(of program: SessionProgram, on mount: FUSEMount) throws(MountFailure) -> RunningSession {
        let watch = Stopwatch()
        let session: RunningSession
        let root: SharedDescriptor?
        do throws(SystemError) {
            root = mount.place.isElsewhere ? nil : SharedDescriptor(try mount.place.openRoot())
            session = try RunningSession(program, on: mount)
        } catch {
            throw MountFailure(.session, "the session cannot be started: \(error.description)")
        }
        do throws(MountFailure) {
            switch session.beginning(milliseconds: program.startMilliseconds) {
            case .serving: break
            case .failed(let failure): throw MountFailure(failure)
            case .ended:
                throw MountFailure(.session, "the session has ended (\(session.wait().status)) before it served")
            case .late: throw late(program)
            }
            // Where nobody here sees it nobody can ask.
            guard let root else { return session }
            let left = program.startMilliseconds - Int(watch.seconds * 1000)
            switch Probe.ask(root, milliseconds: max(1, left), isHopeless: { session.endIfAny != nil }) {
            case .answered: return session
            case .late where session.endIfAny != nil:
                throw MountFailure(.session, "the session has ended (\(session.wait().status)) before it answered")
            case .failed(let error):
                throw MountFailure(.session, "the mount does not answer: \(error.description)")
            case .late: throw late(program)
            }
        } catch {
            // Nothing that waits for an answer outlives the device, which the caller closes.
            session.kill()
            session.wait()
            throw error
        }
    }

    private static func late(_ program: SessionProgram) -> MountFailure {
        let limit = TimeSpan(milliseconds: program.startMilliseconds)
        return MountFailure(.late, "the mount has not answered within \(limit.description)")
    }
}
