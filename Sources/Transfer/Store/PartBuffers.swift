import Glibc
import Synchronization

/// Memory for parts that are written past the page cache, each of which has to be there as a whole first. There is a bound to
/// how many there are: who comes when all are in use waits.
final class PartBuffers: Sendable {
    /// The owner's until it is given back.
    struct Buffer: @unchecked Sendable {
        fileprivate let memory: UnsafeMutableRawBufferPointer

        func prefix(_ count: Int) -> UnsafeMutableRawBufferPointer {
            UnsafeMutableRawBufferPointer(rebasing: memory[..<count])
        }
    }

    private struct State {
        var idle: [Buffer] = []
        var made = 0
        var waiting: [CheckedContinuation<Buffer, Never>] = []
    }

    private let size: Int
    private let state = Mutex(State())

    private static let memory = 128 << 20
    /// Also of pages: memory in large ones costs less.
    private static let alignment = 2 << 20

    init(size: Int) {
        self.size = size
    }

    deinit {
        state.withLock { state in
            for buffer in state.idle { buffer.memory.deallocate() }
        }
    }

    /// Whether there can be enough of them for requests side by side.
    var areUsable: Bool { size <= Self.memory / 8 }

    func take() async -> Buffer {
        await withCheckedContinuation { continuation in
            let buffer = state.withLock { state -> Buffer? in
                // The last one is the one that the processor's cache knows.
                if let buffer = state.idle.popLast() { return buffer }
                if state.made < Self.memory / size {
                    state.made += 1
                    return make()
                }
                state.waiting.append(continuation)
                return nil
            }
            if let buffer { continuation.resume(returning: buffer) }
        }
    }

    func giveBack(_ buffer: Buffer) {
        let next = state.withLock { state -> CheckedContinuation<Buffer, Never>? in
            guard state.waiting.isEmpty else { return state.waiting.removeFirst() }
            state.idle.append(buffer)
            return nil
        }
        next?.resume(returning: buffer)
    }

    private func make() -> Buffer {
        let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: size, alignment: Self.alignment)
        // Advice, which may be ignored.
        madvise(memory.baseAddress!, size, MADV_HUGEPAGE)
        return Buffer(memory: memory)
    }
}
