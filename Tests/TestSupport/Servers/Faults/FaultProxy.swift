import Synchronization

/// Stands between a client and a real server, and does wrong what a test says. It leaves the requests as they are, also the
/// host they are for, so that signatures are right.
///
/// It counts how often each fault was done: a fault that never was must not pass for one that was got over.
public final class FaultProxy: Sendable {
    /// A request that came.
    public struct Passage: Sendable {
        public let request: ReceivedRequest
        public let at = ContinuousClock.now
        /// Of the answer's body, as far as it has been sent.
        public internal(set) var sent = 0
        /// By the server, and the client has been sent all of it.
        public internal(set) var isAnswered = false
        /// Nothing of it will come to the server any more.
        public internal(set) var isOver = false

        /// Of an object's bytes.
        public var isRead: Bool { request.isRead }
        public var isListing: Bool { request.isListing }
    }

    public var port: Int { server.port }
    private let server: ScriptedServer
    private let state: SharedState

    /// What the server's threads share with whoever asks.
    final class SharedState: Sendable {
        private struct State {
            var faults: [(fault: Fault, seen: Int, done: Int)] = []
            var passages: [Passage] = []
        }

        private let state = Mutex(State())

        func add(_ fault: Fault) { state.withLock { $0.faults.append((fault, 0, 0)) } }
        func removeFaults() { state.withLock { $0.faults = [] } }
        var done: [Int] { state.withLock { $0.faults.map(\.done) } }
        var due: [Int] { state.withLock { $0.faults.map(\.fault.times) } }
        var passages: [Passage] { state.withLock { $0.passages } }

        /// Its number, and what is to be done with it.
        func enter(_ request: ReceivedRequest) -> (number: Int, deed: Fault.Deed?) {
            state.withLock { state in
                state.passages.append(Passage(request: request))
                for index in state.faults.indices where state.faults[index].fault.concerns(request) {
                    state.faults[index].seen += 1
                    let (fault, seen, done) = state.faults[index]
                    guard seen > fault.skip, done < fault.times else { continue }
                    state.faults[index].done += 1
                    return (state.passages.count - 1, fault.deed)
                }
                return (state.passages.count - 1, nil)
            }
        }

        func count(_ bytes: Int, of number: Int) { state.withLock { $0.passages[number].sent += bytes } }
        func noteAnswer(to number: Int) { state.withLock { $0.passages[number].isAnswered = true } }
        func noteEnd(of number: Int) { state.withLock { $0.passages[number].isOver = true } }
    }

    /// Before a server's port. `bytesPerSecond` is that of each connection.
    public init(
        to upstream: Int, port: Int = 0, bytesPerSecond: Int? = nil, identity: TLSIdentity? = nil,
        _ faults: [Fault] = []
    ) throws {
        let state = SharedState()
        for fault in faults { state.add(fault) }
        self.state = state
        server = try ScriptedServer(port: port, identity: identity) { client in
            client.hurry()
            while let request = try client.readHead() {
                let exchange = ProxiedExchange(request, client, upstream, bytesPerSecond, state)
                defer { state.noteEnd(of: exchange.number) }
                try exchange.pass(try client.read(request.contentLength))
                if client.isClosed { break }
            }
        }
    }

    public func add(_ fault: Fault) { state.add(fault) }
    /// From now on everything goes through as it is.
    public func removeFaults() { state.removeFaults() }

    /// How often each of the faults was done, and how often it was meant to be.
    public var done: [Int] { state.done }
    public var due: [Int] { state.due }

    public var passages: [Passage] { state.passages }
    public var connections: Int { server.connections }
    /// Of objects.
    public var reads: [Passage] { passages.filter(\.isRead) }
    public var bytesRead: Int { reads.reduce(0) { $0 + $1.sent } }
}
