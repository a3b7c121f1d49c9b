import CShims
import Glibc
import MountFS
import Platform

/// Requests that come again after a crash: the session before this one has read them, and may have done what they ask for before
/// it died. Then it cannot be done again, and that is no failure for the program that waits.
extension Exchange {
    /// What is as it was before when it is done twice is not done then: whether it was done nobody knows.
    var isAgain: Bool { unique & shim_fuse_resent != 0 }

    /// Of what takes a name away.
    var removedReply: Reply<Void> {
        let done = doneReply
        return unlessDone(done, ENOENT) { done.answer(()) }
    }

    /// Of what makes a name, in a folder of these files.
    func madeReply(_ name: UnsafeRawBufferPointer, in folder: NodeID, _ files: any FileSystem) -> Reply<Lookup> {
        let (name, reply) = (isAgain ? Array(name) : [], lookupReply)
        return unlessDone(reply, EEXIST) { name.withUnsafeBytes { files.lookUp($0, in: folder, reply) } }
    }

    /// Of what makes a file and opens it: another's file of that name is none that this request has made.
    func newFileReply(
        _ name: UnsafeRawBufferPointer, in folder: NodeID, _ access: Access, by caller: Caller,
        _ files: any FileSystem
    ) -> Reply<NewFile> {
        let (name, reply) = (isAgain ? Array(name) : [], newFileReply)
        return unlessDone(reply, EEXIST) {
            name.withUnsafeBytes { files.findMade($0, in: folder, access, by: caller, reply) }
        }
    }

    private func unlessDone<Answer>(
        _ reply: Reply<Answer>, _ code: Int32, _ answerDone: @escaping @Sendable () -> Void
    ) -> Reply<Answer> {
        guard isAgain else { return reply }
        return Reply(to: ExpectedFailure(self, code, answerDone)) { reply.answer($0) }
    }
}

/// A request of which one failure means something else.
final class ExpectedFailure: PendingRequest {
    private let exchange: Exchange
    private let code: Int32
    private let answer: @Sendable () -> Void

    /// `answer` is called when it fails with `code`.
    init(_ exchange: Exchange, _ code: Int32, _ answer: @escaping @Sendable () -> Void) {
        self.exchange = exchange
        self.code = code
        self.answer = answer
    }

    func fail(_ error: SystemError) -> Bool {
        guard error.code == code else { return exchange.fail(error) }
        answer()
        return true
    }

    func whenAbandoned(_ handler: @escaping @Sendable () -> Void) { exchange.whenAbandoned(handler) }
}
