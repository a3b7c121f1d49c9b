import Platform

/// Writes a body into a file in large pieces: TLS hands over 16 KiB at a time, and writes of 64 KiB cost less than four
/// times as many.
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
        let hasRoom = gathered + piece.count <= pool.size
        if isLast || !hasRoom || gathered + piece.count >= Self.large {
            guard try !write(behind: piece, waiting: isLast || !hasRoom) else { return }
        }
        let buffer = buffer ?? pool.take()
        self.buffer = buffer
        UnsafeMutableRawBufferPointer(rebasing: buffer[gathered...]).copyMemory(from: piece)
        gathered += piece.count
    }

    mutating func flush() throws(HTTPError) {
        guard gathered > 0 else { return }
        _ = try write(behind: UnsafeRawBufferPointer(start: nil, count: 0), waiting: true)
    }

    /// Writes what was gathered, and this piece after it; false when it is not the turn of this one.
    private mutating func write(behind piece: UnsafeRawBufferPointer, waiting: Bool) throws(HTTPError) -> Bool {
        let gathered = UnsafeRawBufferPointer(start: buffer?.baseAddress, count: gathered)
        let offset = offset
        do throws(SystemError) {
            let isDone = try file.writeInTurn(waiting: waiting) { (file) throws(SystemError) in
                if !gathered.isEmpty { try file.write(gathered, at: offset) }
                if !piece.isEmpty { try file.write(piece, at: offset + gathered.count) }
            }
            guard isDone else { return false }
        } catch {
            throw HTTPError(.sinkFailed, "cannot write what came: \(error.description)", errno: error.code)
        }
        self.offset += gathered.count + piece.count
        self.gathered = 0
        return true
    }
}
