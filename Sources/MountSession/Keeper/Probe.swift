import CShims
import Glibc
import Platform
import Synchronization

/// Asks whoever serves a file for its attributes, past everything that the kernel remembers, on a thread of its own: a
/// server that never answers keeps that thread, and nobody else.
final class Probe: Sendable {
    enum Answer: Equatable {
        case answered
        case failed(SystemError)
        case late
    }

    private let answer = Mutex<Answer>(.late)
    private let done: WakeUp

    private init() throws(SystemError) {
        done = try WakeUp()
    }

    /// Waits no longer when `isHopeless`, which is asked now and then.
    static func ask(
        _ file: SharedDescriptor, milliseconds: Int, isHopeless: () -> Bool = { false }
    ) -> Answer {
        let probe: Probe
        do throws(SystemError) {
            probe = try Probe()
        } catch {
            return .failed(error)
        }
        let thread = MaskedThread.start(named: "probe") {
            let result = shim_ask_server(file.file.raw, "")
            let answer: Answer = result == 0 ? .answered : .failed(SystemError())
            probe.answer.withLock { $0 = answer }
            probe.done.signal()
        }
        guard thread != nil else { return .failed(SystemError(code: EAGAIN)) }
        let end = MonotonicTime.milliseconds + milliseconds
        while !isHopeless() {
            let left = min(100, end - MonotonicTime.milliseconds)
            guard left > 0, !DescriptorWait.untilReadable(probe.done.descriptor, milliseconds: left) else { break }
        }
        return probe.answer.withLock { $0 }
    }
}
