import CShims

/// Waits for many descriptors at once (epoll).
public struct EventPoll: ~Copyable, Sendable {
    public struct Event {
        public var descriptor: Int32
        public var isReadable: Bool
        public var isWritable: Bool
        /// An error or the other side's end, which reading or writing will tell.
        public var hasFailed: Bool

        public init(descriptor: Int32, isReadable: Bool, isWritable: Bool = false, hasFailed: Bool = false) {
            self.descriptor = descriptor
            self.isReadable = isReadable
            self.isWritable = isWritable
            self.hasFailed = hasFailed
        }
    }

    private let epoll: OwnedDescriptor

    public init() throws(SystemError) {
        epoll = OwnedDescriptor(owning: try SystemError.check { shim_epoll_new() })
    }

    /// Watches for these events from now on; neither means no longer. What has been closed needs no word.
    public func watch(_ descriptor: Int32, forReading: Bool = false, forWriting: Bool = false) {
        _ = shim_epoll_watch(epoll.raw, descriptor, forReading, forWriting)
    }

    /// Calls `body` for each event; returns without one after the given time, nothing meaning for ever, and also now and
    /// then.
    public func wait(milliseconds: Int?, _ body: (Event) -> Void) {
        withUnsafeTemporaryAllocation(of: shim_event.self, capacity: 64) { events in
            let longest = milliseconds.map { Int32(clamping: max(0, $0)) } ?? -1
            let count = shim_epoll_wait(epoll.raw, events.baseAddress, Int32(events.count), longest)
            for event in events.prefix(Int(max(0, count))) {
                body(
                    Event(
                        descriptor: event.descriptor, isReadable: event.readable, isWritable: event.writable,
                        hasFailed: event.failed))
            }
        }
    }
}

/// Wakes a thread that waits in an `EventPoll`.
public struct WakeUp: ~Copyable, Sendable {
    private let event: OwnedDescriptor

    public init() throws(SystemError) {
        event = OwnedDescriptor(owning: try SystemError.check { shim_eventfd_new() })
    }

    public var descriptor: Int32 { event.raw }

    public func signal() { shim_eventfd_signal(event.raw) }

    public func clear() { shim_eventfd_clear(event.raw) }
}
