import CShims
import Glibc
import Platform
import Synchronization

/// Asks whoever serves a file for its attributes, past everything that the kernel remembers, on a thread of its own: a
/// server that never answers keeps that thread, and nobody else.
///
/// The kernel does not let the thread die before there is an answer, or the server's device is closed. So it must not hold
/// that device: when this process and the server are killed, nobody would ever be done with the mount. It has descriptors of
/// its own, of which it only keeps those that it needs; this process' own descriptors are this process' to close.
enum Probe {
    enum Answer: Equatable {
        case answered
        case failed(SystemError)
        case late
    }

    private final class Asked: Sendable {
        let answer = Mutex<Answer>(.late)
        let hasBegun = Semaphore()
    }

    /// Waits no longer when `isHopeless`, which is asked now and then.
    static func ask(
        _ file: SharedDescriptor, milliseconds: Int, isHopeless: () -> Bool = { false }
    ) -> Answer {
        let done: WakeUp
        do throws(SystemError) {
            done = try WakeUp()
        } catch {
            return .failed(error)
        }
        let asked = Asked()
        let thread = MaskedThread.start(named: "probe") { [raw = file.file.raw, signal = done.descriptor] in
            let keeps = shim_keep_descriptors(raw, signal) == 0
            // Where the system has no such thing: copies, since whoever has the others may close them meanwhile.
            let place = keeps ? raw : dup(raw)
            let done = keeps ? signal : dup(signal)
            asked.hasBegun.signal()
            let result = shim_ask_server(place, "")
            let answer: Answer = result == 0 ? .answered : .failed(SystemError())
            asked.answer.withLock { $0 = answer }
            shim_eventfd_signal(done)
            guard !keeps else { return }
            close(place)
            close(done)
        }
        guard thread != nil else { return .failed(SystemError(code: EAGAIN)) }
        asked.hasBegun.wait()
        let end = MonotonicTime.milliseconds + milliseconds
        while !isHopeless(), asked.answer.withLock({ $0 == .late }) {
            let left = min(100, end - MonotonicTime.milliseconds)
            guard left > 0, !DescriptorWait.untilReadable(done.descriptor, milliseconds: left) else { break }
        }
        return asked.answer.withLock { $0 }
    }
}
