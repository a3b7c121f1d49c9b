import Glibc
import MountFS
import Platform
import Synchronization

/// A request of the kernel's, for a test that waits for the answer.
final class TestRequest<Answer: Sendable>: PendingRequest {
    private let finish: Mutex<(@Sendable (Result<Answer, SystemError>) -> Void)?>

    init(_ finish: @escaping @Sendable (Result<Answer, SystemError>) -> Void) {
        self.finish = Mutex(finish)
    }

    deinit {
        _ = give(.failure(SystemError(code: EIO)))
    }

    func give(_ result: Result<Answer, SystemError>) -> Bool {
        let finish = finish.withLock { finish in
            defer { finish = nil }
            return finish
        }
        finish?(result)
        return finish != nil
    }

    func fail(_ error: SystemError) -> Bool { give(.failure(error)) }

    func whenAbandoned(_ handler: @escaping @Sendable () -> Void) {}
}

extension Caller {
    static let test = Caller(user: 0, group: 0, thread: 0, umask: 0o022)
}

/// Calls and waits for the answer; `arrives` says whether the program still waits for it.
func answer<Answer: Sendable>(
    arrives: Bool = true, _ call: (Reply<Answer>) -> Void
) async throws(SystemError) -> Answer {
    let result = await withCheckedContinuation { continuation in
        let request = TestRequest<Answer> { continuation.resume(returning: $0) }
        call(
            Reply(to: request) { answer in
                _ = request.give(.success(answer))
                return arrives
            })
    }
    return try result.get()
}

extension FileBytes {
    var copy: [UInt8] {
        switch self {
        case .none: []
        case .one(let bytes): Array(bytes)
        case .pieces(let pieces): pieces.flatMap(Array.init)
        }
    }
}

/// A page with room for so many names.
final class TestPage: FolderPage {
    struct Name: Sendable, Equatable {
        var name: [UInt8]
        var entry: Entry
        var position: UInt64

        var text: String { String(decoding: name, as: UTF8.self) }
    }

    let isDetailed: Bool
    private let room: Int
    private let added = Mutex<[Name]>([])

    init(room: Int, isDetailed: Bool) {
        self.room = room
        self.isDetailed = isDetailed
    }

    var names: [Name] { added.withLock { $0 } }

    func add(_ name: UnsafeRawBufferPointer, _ entry: Entry, position: UInt64) -> Bool {
        added.withLock { added in
            guard added.count < room else { return false }
            added.append(Name(name: Array(name), entry: entry, position: position))
            return true
        }
    }
}
