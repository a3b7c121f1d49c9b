import Platform

/// Writes a body into a file in large pieces. TLS hands over 16 KiB at a time, and writes of 64 KiB cost less than
/// four times as many. What is large already, or all there is, goes straight from curl's buffer.
struct FileGathering: ~Copyable {
    private let file: SharedDescriptor
    /// Where the gathered bytes belong.
    private var offset: Int
    /// How many are still to come, as far as is known.
    private var missing: Int
    private let pool: BufferPool
    private var buffer: UnsafeMutableRawBufferPointer?
    private var gathered = 0

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
        if gathered == 0 && (piece.count >= Self.large || missing <= 0) { return try write(piece) }
        let buffer = buffer ?? pool.take()
        self.buffer = buffer
        var rest = piece
        while !rest.isEmpty {
            let count = min(rest.count, buffer.count - gathered)
            UnsafeMutableRawBufferPointer(rebasing: buffer[gathered...])
                .copyMemory(from: UnsafeRawBufferPointer(rebasing: rest[..<count]))
            gathered += count
            rest = UnsafeRawBufferPointer(rebasing: rest[count...])
            if gathered == buffer.count { try flush() }
        }
    }

    mutating func flush() throws(HTTPError) {
        guard let buffer, gathered > 0 else { return }
        let count = gathered
        gathered = 0
        try write(UnsafeRawBufferPointer(rebasing: buffer[..<count]))
    }

    private mutating func write(_ piece: UnsafeRawBufferPointer) throws(HTTPError) {
        do throws(SystemError) {
            try file.file.write(piece, at: offset)
        } catch {
            throw HTTPError(.sinkFailed, "cannot write what came: \(error.description)", errno: error.code)
        }
        offset += piece.count
    }
}
