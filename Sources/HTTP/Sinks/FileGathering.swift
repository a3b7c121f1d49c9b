import Platform

/// Writes a body into a file in large pieces: curl hands over 16 KiB at a time, however much it has read, and writes of
/// 64 KiB cost less than four times as many.
///
/// Parts of one file come on several loops, and only one of them can write to it at a time. Who finds another at it keeps
/// what came and goes on with other connections, as long as there is room for that.
struct FileGathering: ~Copyable {
    private let file: SharedDescriptor
    /// Where the gathered bytes belong.
    private var offset: Int
    /// How many are still to come, as far as is known.
    private var missing: Int
    private let pool: BufferPool
    private var buffer: UnsafeMutableRawBufferPointer?
    private var gathered = 0

    /// Worth a write.
    private static let large = 64 * 1024

    init(_ file: SharedDescriptor, offset: Int, expected: Int, _ pool: BufferPool) {
        self.file = file
        self.offset = offset
        missing = expected
        self.pool = pool
    }

    deinit {
        if let buffer { pool.giveBack(buffer) }
    }

    mutating func add(_ piece: UnsafeRawBufferPointer) throws(HTTPError) {
        missing = missing == .max ? .max : missing - piece.count
        let isLast = missing <= 0
        if gathered + piece.count > pool.size { try flush() }
        // What is small and whole, or larger than all that can be kept, goes straight from where it is.
        if gathered == 0, isLast || piece.count > pool.size {
            _ = try write(piece, waiting: true)
            return
        }
        let buffer = buffer ?? pool.take()
        self.buffer = buffer
        UnsafeMutableRawBufferPointer(rebasing: buffer[gathered...]).copyMemory(from: piece)
        gathered += piece.count
        if isLast || gathered >= Self.large { try flush(waiting: isLast) }
    }

    /// Without waiting it may stay in hand.
    mutating func flush(waiting: Bool = true) throws(HTTPError) {
        guard let buffer, gathered > 0,
            try write(UnsafeRawBufferPointer(rebasing: buffer[..<gathered]), waiting: waiting)
        else { return }
        gathered = 0
        // The next who needs one finds it in the processor's cache.
        pool.giveBack(buffer)
        self.buffer = nil
    }

    /// False when it is not the turn of this one.
    private mutating func write(_ piece: UnsafeRawBufferPointer, waiting: Bool) throws(HTTPError) -> Bool {
        let offset = offset
        do throws(SystemError) {
            let isDone = try file.writeInTurn(waiting: waiting) { (file) throws(SystemError) in
                try file.write(piece, at: offset)
            }
            guard isDone else { return false }
        } catch {
            throw HTTPError(.sinkFailed, "cannot write what came: \(error.description)", errno: error.code)
        }
        self.offset += piece.count
        return true
    }
}
