import CFuse
import CShims
import Glibc
import MountFS
import Platform
import Synchronization

/// A request of the kernel's and its answer.
///
/// Who answers is settled by one bit: the file system, whichever of its threads comes first; the session, when the
/// program that waits was killed; or the last one who lets go of it, with EIO. libfuse frees its request with the
/// answer, so nobody touches that without having won the bit.
///
/// What has not been answered when the callback returns is listed, so that an interrupt finds it. The second bit tells
/// the answer to strike it off the list; the list itself holds nothing alive.
///
/// Unchecked, because of libfuse's request alone, of which that bit is the guard.
final class Exchange: PendingRequest, @unchecked Sendable {
    private static let claimed: UInt8 = 1
    private static let listed: UInt8 = 2

    private struct Abandonment {
        var handler: (@Sendable () -> Void)?
        var hasHappened = false
    }

    let unique: UInt64
    /// The thread that waits; 0 where the kernel cannot tell.
    let thread: Int32
    private let request: fuse_req_t
    let session: Session
    private let isInterruptible: Bool
    private let state = Atomic<UInt8>(0)
    private let abandonment = Mutex(Abandonment())

    /// On the thread that has read the request.
    init(_ request: fuse_req_t, of session: Session, isInterruptible: Bool) {
        self.request = request
        self.session = session
        self.isInterruptible = isInterruptible
        unique = shim_fuse_current()
        thread = fuse_req_ctx(request).pointee.pid
    }

    deinit {
        guard state.load(ordering: .acquiring) & Self.claimed == 0 else { return }
        fail(SystemError(code: EIO))
    }

    // MARK: Answering

    func reply<Answer>(_ send: @escaping @Sendable (fuse_req_t, Answer) -> Int32) -> Reply<Answer> {
        Reply(to: self) { [self] answer in settle { send($0, answer) } }
    }

    @discardableResult
    func fail(_ error: SystemError) -> Bool {
        settle { fuse_reply_err($0, error.code) }
    }

    /// Of a request that the kernel wants no answer to.
    func end() {
        _ = settle {
            fuse_reply_none($0)
            return 0
        }
    }

    /// False when the answer was not wanted any more.
    private func settle(_ send: (fuse_req_t) -> Int32) -> Bool {
        let before = state.bitwiseOr(Self.claimed, ordering: .acquiringAndReleasing).oldValue
        guard before & Self.claimed == 0 else { return false }
        if before & Self.listed != 0 {
            session.waiting.remove(unique)
            // It may hold the reply, and so this.
            abandonment.withLock { $0.handler = nil }
        }
        return send(request) == 0
    }

    /// The file system has been called and may answer later.
    func callbackHasReturned() {
        guard isInterruptible, state.load(ordering: .acquiring) & Self.claimed == 0 else { return }
        session.waiting.insert(self)
        let before = state.bitwiseOr(Self.listed, ordering: .acquiringAndReleasing).oldValue
        if before & Self.claimed != 0 { session.waiting.remove(unique) }
    }

    // MARK: Being abandoned

    func whenAbandoned(_ handler: @escaping @Sendable () -> Void) {
        guard isInterruptible else { return }
        let isLate = abandonment.withLock { abandonment in
            if !abandonment.hasHappened { abandonment.handler = handler }
            return abandonment.hasHappened
        }
        if isLate { handler() }
    }

    /// The program that waits is about to die, and can only do so when it is answered.
    func abandon() {
        let handler = abandonment.withLock { abandonment in
            abandonment.hasHappened = true
            defer { abandonment.handler = nil }
            return abandonment.handler
        }
        if fail(SystemError(code: EINTR)) { handler?() }
    }
}

/// The requests whose answers will come later.
final class WaitingList: Sendable {
    private struct Place {
        weak var exchange: Exchange?
    }

    private let places = Mutex<[UInt64: Place]>([:])

    func insert(_ exchange: Exchange) {
        places.withLock { $0[exchange.unique] = Place(exchange: exchange) }
    }

    func remove(_ unique: UInt64) {
        _ = places.withLock { $0.removeValue(forKey: unique) }
    }

    subscript(unique: UInt64) -> Exchange? {
        places.withLock { $0[unique]?.exchange }
    }
}
