import Platform

/// Which sockets the loop waits for. curl no longer wants one watched when its request has ended, and wants it again with the
/// next request a moment later; to tell the kernel each time is two system calls for every small object. So a connection that
/// is not wanted any more stays watched until something happens on it, which is mostly its end. Of other descriptors, those of
/// lookups and sockets that never came to a connection, nobody says when they are closed and their number comes to mean
/// something else.
struct WatchedSockets {
    private struct Watch: Equatable {
        var forReading = false
        var forWriting = false
    }

    private struct State {
        var wanted = Watch()
        /// What the kernel has been told.
        var told = Watch()
        var isConnection = false
    }

    /// By descriptor, which are small numbers.
    private var states: [State] = []

    /// What curl wants from now on.
    mutating func watch(_ socket: Int32, forReading: Bool, forWriting: Bool, _ poll: borrowing EventPoll) {
        let wanted = Watch(forReading: forReading, forWriting: forWriting)
        change(socket) { state in
            state.wanted = wanted
            if state.isConnection, wanted == state.told || wanted == Watch() { return }
            poll.watch(socket, forReading: forReading, forWriting: forWriting)
            state.told = wanted
        }
    }

    /// Something has happened on it: whether anybody wants to know. If not, the kernel is told now.
    mutating func isWanted(_ socket: Int32, _ poll: borrowing EventPoll) -> Bool {
        var isWanted = true
        change(socket) { state in
            guard state.wanted == Watch() else { return }
            poll.watch(socket)
            state.told = Watch()
            isWanted = false
        }
        return isWanted
    }

    /// A socket that did not come to a connection is closed without a word, and curl believes that it still watches the number:
    /// the next socket that has it, mostly for the host's next address, has to be watched for the same.
    mutating func noteOpened(_ socket: Int32, _ poll: borrowing EventPoll) {
        change(socket) { state in
            let wanted = state.wanted
            state = State(wanted: wanted, told: wanted)
            guard wanted != Watch() else { return }
            poll.watch(socket, forReading: wanted.forReading, forWriting: wanted.forWriting)
        }
    }

    /// It has come to a connection, whose end will be told.
    mutating func noteConnected(_ socket: Int32) {
        guard socket >= 0 else { return }
        change(socket) { $0.isConnection = true }
    }

    /// It is being closed, whereupon the kernel forgets it by itself.
    mutating func forget(_ socket: Int32) {
        change(socket) { $0 = State() }
    }

    private mutating func change(_ socket: Int32, _ body: (inout State) -> Void) {
        let index = Int(socket)
        if index >= states.count {
            states.append(contentsOf: repeatElement(State(), count: index + 1 - states.count))
        }
        body(&states[index])
    }
}
