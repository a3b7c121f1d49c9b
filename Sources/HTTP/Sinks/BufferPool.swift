/// Buffers of one size for one thread. They come and go with large bodies, and some are kept, because fresh memory costs
/// a page fault for every 4 KiB.
final class BufferPool {
    let size: Int
    private let limit: Int
    private var idle: [UnsafeMutableRawBufferPointer] = []

    init(size: Int, limit: Int) {
        self.size = size
        self.limit = limit
    }

    deinit {
        for buffer in idle { buffer.deallocate() }
    }

    func take() -> UnsafeMutableRawBufferPointer {
        idle.popLast() ?? .allocate(byteCount: size, alignment: 4096)
    }

    func giveBack(_ buffer: UnsafeMutableRawBufferPointer) {
        if idle.count < limit { idle.append(buffer) } else { buffer.deallocate() }
    }
}
