import Glibc
import MountFS
import Platform
import Synchronization

/// A read as the kernel makes it: answered once, by whatever thread, with bytes that are copied while that happens.
final class ReadRequest: PendingRequest {
    typealias Outcome = Result<[UInt8], SystemError>

    private struct State {
        var outcome: Outcome?
        var answers = 0
        var abandoned: (@Sendable () -> Void)?
        var waiting: [CheckedContinuation<Outcome, Never>] = []
    }

    private let state = Mutex(State())

    var reply: Reply<FileBytes> {
        Reply(to: self) { bytes in
            var copy: [UInt8] = []
            switch bytes {
            case .none: break
            case .one(let piece): copy.append(contentsOf: piece)
            case .pieces(let pieces): for piece in pieces { copy.append(contentsOf: piece) }
            }
            return self.settle(.success(copy))
        }
    }

    func fail(_ error: SystemError) -> Bool { settle(.failure(error)) }

    func whenAbandoned(_ handler: @escaping @Sendable () -> Void) {
        state.withLock { $0.abandoned = handler }
    }

    /// The program that waits is killed.
    func abandon() {
        let handler = state.withLock { state in
            defer { state.abandoned = nil }
            return state.abandoned
        }
        handler?()
    }

    private func settle(_ outcome: Outcome) -> Bool {
        let (isFirst, waiting) = state.withLock { state in
            state.answers += 1
            guard state.outcome == nil else { return (false, state.waiting) }
            state.outcome = outcome
            defer { state.waiting = [] }
            return (true, state.waiting)
        }
        for continuation in waiting { continuation.resume(returning: outcome) }
        return isFirst
    }

    /// The answer, when it comes.
    var outcome: Outcome {
        get async {
            await withCheckedContinuation { continuation in
                let outcome = state.withLock { state in
                    if state.outcome == nil { state.waiting.append(continuation) }
                    return state.outcome
                }
                if let outcome { continuation.resume(returning: outcome) }
            }
        }
    }

    var isAnswered: Bool { state.withLock { $0.outcome != nil } }
    var answers: Int { state.withLock { $0.answers } }
}

extension OpenObject {
    func begin(_ count: Int, at offset: Int) -> ReadRequest {
        let request = ReadRequest()
        read(count, at: offset, request.reply)
        return request
    }

    func bytes(_ count: Int, at offset: Int) async throws -> [UInt8] {
        try await begin(count, at: offset).outcome.get()
    }

    func error(_ count: Int, at offset: Int) async -> Int32? {
        if case .failure(let error) = await begin(count, at: offset).outcome { error.code } else { nil }
    }
}
