public import Platform

/// The answer that a request waits for. It is given once, at any time and by any thread; whoever drops it unanswered
/// has answered EIO, so that nobody waits for ever.
///
/// An answer is given with no lock held that `whenAbandoned` of the same reply takes.
public struct Reply<Answer>: Sendable {
    private let request: any PendingRequest
    private let deliver: @Sendable (Answer) -> Bool

    /// `deliver` says whether the answer arrived.
    public init(to request: any PendingRequest, _ deliver: @escaping @Sendable (Answer) -> Bool) {
        self.request = request
        self.deliver = deliver
    }

    /// False when nobody waits any more, because of an answer before this one or since the program was killed. What the
    /// answer has given away, a number of a node or a handle, was not taken then.
    @discardableResult
    public func answer(_ answer: Answer) -> Bool { deliver(answer) }

    @discardableResult
    public func fail(_ error: SystemError) -> Bool { request.fail(error) }

    /// Has `handler` called, once and perhaps at once, when the program that waits was killed and nobody needs the
    /// answer. Programs that change something are waited for: of them it is never said.
    public func whenAbandoned(_ handler: @escaping @Sendable () -> Void) { request.whenAbandoned(handler) }

    /// The same reply for somebody who answers something else.
    public func map<Other>(
        _ transform: @escaping @Sendable (Other) throws(SystemError) -> Answer
    ) -> Reply<Other> {
        Reply<Other>(to: request) { [self] other in
            do throws(SystemError) {
                return answer(try transform(other))
            } catch {
                return fail(error)
            }
        }
    }
}

/// Somebody who waits for an answer.
public protocol PendingRequest: AnyObject, Sendable {
    func fail(_ error: SystemError) -> Bool
    func whenAbandoned(_ handler: @escaping @Sendable () -> Void)
}

/// Bytes of a file where they are; they are copied to the reader while `answer` runs, and nobody looks at them
/// afterwards.
public enum FileBytes {
    case none
    case one(UnsafeRawBufferPointer)
    case pieces([UnsafeRawBufferPointer])
}

/// One answer's worth of names in a folder.
public protocol FolderPage: AnyObject, Sendable {
    /// Whether each name comes with the attributes of its node, and counts as looked up. `.` and `..` never count.
    var isDetailed: Bool { get }

    /// False when there is no room: then this name is the first of the next page. `position` is what the reader gives
    /// to go on behind this name; it is not 0.
    func add(_ name: UnsafeRawBufferPointer, _ entry: Entry, position: UInt64) -> Bool
}
