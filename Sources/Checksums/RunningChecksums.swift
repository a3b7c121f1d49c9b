/// Several checksums of the same bytes, which come in pieces, in order. They cost one pass over memory.
public struct RunningChecksums: ~Copyable {
    private final class One {
        private var running: RunningChecksum?

        init(_ algorithm: Checksum.Algorithm) throws(ChecksumError) { running = try RunningChecksum(algorithm) }

        func update(_ bytes: UnsafeRawBufferPointer) { running?.update(bytes) }

        func finish() -> Checksum? { running.take()?.finish() }
    }

    /// What the first has read is still in the processor's cache for the second.
    private static let step = 64 << 10

    private let all: [One]

    public init(_ algorithms: [Checksum.Algorithm]) throws(ChecksumError) {
        var all: [One] = []
        for algorithm in algorithms { all.append(try One(algorithm)) }
        self.all = all
    }

    public mutating func update(_ bytes: UnsafeRawBufferPointer) {
        for start in stride(from: 0, to: bytes.count, by: Self.step) {
            let piece = UnsafeRawBufferPointer(rebasing: bytes[start..<min(start + Self.step, bytes.count)])
            for one in all { one.update(piece) }
        }
    }

    /// In the order of the algorithms.
    public consuming func finish() -> [Checksum] { all.compactMap { $0.finish() } }
}
