import Checksums
import Platform

/// Puts the chunks of an accepted body where they belong, computes their checksum, and counts.
struct SinkWriter: ~Copyable {
    enum Taken {
        case all
        /// The limit is reached; the rest is not wanted.
        case enough
    }

    /// Bytes that went into the sink.
    private(set) var count = 0
    /// Those of the sink `bytes`.
    private(set) var bytes: [UInt8] = []
    private var skip: Int
    private let limit: Int
    private let announced: Int?
    private let sink: ByteSink
    private var checksum: RunningChecksum?
    private var file: FileGathering?

    /// `announced` is the length of the whole body, as far as the server says it.
    init(_ request: HTTPRequest, skip: Int, limit: Int?, announced: Int?, _ pool: BufferPool) throws(HTTPError) {
        self.skip = max(0, skip)
        self.limit = max(0, limit ?? .max)
        self.announced = announced.map { max(0, $0 - skip) }
        sink = request.sink
        if let algorithm = request.checksum {
            do throws(ChecksumError) {
                checksum = try RunningChecksum(algorithm)
            } catch {
                throw HTTPError(.refused, error.description)
            }
        }
        let expected = min(self.announced ?? .max, self.limit)
        switch sink {
        case .file(let file, let offset, _):
            self.file = FileGathering(file, offset: offset, expected: expected, pool)
        case .bytes(let most):
            bytes.reserveCapacity(min(most, expected == .max ? 0 : expected))
        case .memory: break
        }
    }

    mutating func take(_ chunk: UnsafeRawBufferPointer) throws(HTTPError) -> Taken {
        let skipped = min(skip, chunk.count)
        skip -= skipped
        let wanted = min(chunk.count - skipped, limit - count)
        if wanted > 0 {
            let piece = UnsafeRawBufferPointer(rebasing: chunk[skipped..<skipped + wanted])
            try store(piece)
            checksum?.update(piece)
            count += wanted
        }
        return count == limit && skip == 0 ? .enough : .all
    }

    /// Writes what is still in hand.
    mutating func finish() throws(HTTPError) {
        try file?.flush()
    }

    mutating func takeChecksum() -> Checksum? {
        checksum.take()?.finish()
    }

    private mutating func store(_ piece: UnsafeRawBufferPointer) throws(HTTPError) {
        switch sink {
        case .file:
            try file?.add(piece)
        case .memory(let memory, let progress):
            guard piece.count <= memory.count - count else { throw Self.tooLarge(memory.count) }
            UnsafeMutableRawBufferPointer(rebasing: memory[count...]).copyMemory(from: piece)
            progress?(count + piece.count)
        case .bytes(let most):
            guard piece.count <= most - count else { throw Self.tooLarge(most) }
            bytes.append(contentsOf: piece)
        }
    }

    private static func tooLarge(_ room: Int) -> HTTPError {
        HTTPError(.tooLarge, "more came than the \(ByteSize(bytes: room)) that there is room for")
    }
}
