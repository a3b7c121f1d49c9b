import JSON
import Platform
import Synchronization

/// Somebody who follows a task. What happens waits for him in memory, so that nobody waits for him: who does not read for too long
/// misses something, and is told so.
final class TaskListener: Sendable {
    private static let most = 10_000

    private struct State {
        var waiting: [JSONValue] = []
        var missed = 0
        var isEnding = false
    }

    let connection: LocalConnection
    private let state = Mutex(State())
    private let news = Semaphore()
    private let ended = Semaphore()

    init(_ connection: LocalConnection) {
        self.connection = connection
    }

    func tell(_ event: JSONValue) {
        let isTaken = state.withLock { state in
            guard state.waiting.count < Self.most else {
                state.missed += 1
                return false
            }
            state.waiting.append(event)
            return true
        }
        if isTaken { news.signal() }
    }

    /// As long as he follows: what he sends is that he has heard enough.
    func serve() {
        let thread = MaskedThread.start(named: "listener") { [self] in
            write()
            ended.signal()
        }
        guard thread != nil else { return }
        let isWellEnded = connection.readLine(limit: 1024) != nil
        state.withLock { $0.isEnding = true }
        news.signal()
        // One who has just gone takes nothing any more.
        if !isWellEnded { connection.end() }
        ended.wait()
    }

    private func write() {
        while true {
            news.wait()
            let (events, missed, isEnding) = state.withLock { state in
                defer { (state.waiting, state.missed) = ([], 0) }
                return (state.waiting, state.missed, state.isEnding)
            }
            for event in events {
                guard connection.write(line: event.compact) else { return }
            }
            if missed > 0 {
                let event = TaskEvent.log(.warning, "\(missed) events are missing: nobody read them in time")
                guard connection.write(line: event.json(of: nil).compact) else { return }
            }
            guard !isEnding else {
                connection.write(line: JSONValue.object([.init("end", true)]).compact)
                return
            }
        }
    }
}

extension Supervisor {
    func serve(_ listener: TaskListener) {
        listeners.withLock { $0.append(listener) }
        if listener.connection.write(line: ControlAnswer().json.compact) { listener.serve() }
        listeners.withLock { $0.removeAll { $0 === listener } }
    }

    func tell(_ event: TaskEvent, of mount: String) {
        for listener in listeners.withLock({ $0 }) { listener.tell(event.json(of: mount)) }
    }
}
