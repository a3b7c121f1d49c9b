import Glibc
import MountFS
import Platform
import Synchronization
import Testing

struct ReplyTests {
    private final class Waiting: PendingRequest {
        let failures = Mutex<[Int32]>([])

        func fail(_ error: SystemError) -> Bool {
            failures.withLock { $0.append(error.code) }
            return true
        }

        func whenAbandoned(_ handler: @escaping @Sendable () -> Void) {}
    }

    @Test func answersOfAnotherKind() {
        let waiting = Waiting()
        let reply = Reply<Int>(to: waiting) { answer in waiting.fail(SystemError(code: Int32(answer))) }
        let mapped = reply.map { (text: String) throws(SystemError) -> Int in
            guard let number = Int(text) else { throw SystemError(code: EINVAL) }
            return number
        }
        #expect(mapped.answer("77") && mapped.answer("x") && mapped.fail(.readOnly))
        #expect(waiting.failures.withLock { $0 } == [77, EINVAL, EROFS])
    }
}
