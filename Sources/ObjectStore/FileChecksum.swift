public import Checksums
public import Platform

/// Checksums of what a body holds before it is sent, or of what a file of this machine holds.
public enum FileChecksum {
    /// So much is read at a time that it is in the processor's cache for those who take it from there.
    private static let piece = 128 << 10

    /// More at once than there are processors would only all be done later. Whoever answers a program comes first: a program that
    /// writes waits for each answer.
    private static let readers = BlockingPool(threads: Threads.processors, giveWay: true)

    /// Reads the range once for all of them; a file that ends before it is an error.
    static func checksums(
        _ algorithms: [Checksum.Algorithm], of file: borrowing OwnedDescriptor, _ range: Range<Int>, _ task: String,
        _ cancellation: Cancellation
    ) throws(StoreError) -> [Checksum] {
        var running = try start(algorithms)
        let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: min(range.count, piece), alignment: 64)
        defer { memory.deallocate() }
        var offset = range.lowerBound
        while offset < range.upperBound {
            guard !cancellation.isCancelled else { throw StoreError(.cancelled, "\(task): cancelled") }
            let piece = UnsafeMutableRawBufferPointer(rebasing: memory[..<min(memory.count, range.upperBound - offset)])
            let count: Int
            do throws(SystemError) {
                count = try file.read(into: piece, at: offset)
            } catch {
                throw StoreError(error, task)
            }
            guard count == piece.count else {
                throw StoreError(.inputOutput, "\(task): the file is shorter than it was", isRetryable: false)
            }
            running.update(UnsafeRawBufferPointer(piece))
            offset += count
        }
        return running.finish()
    }

    /// In the order in which they are wanted. Files are read on threads that may wait.
    public static func checksums(
        _ algorithms: [Checksum.Algorithm], of body: ByteSource, _ task: String
    ) async throws(StoreError) -> [Checksum] {
        guard !algorithms.isEmpty else { return [] }
        switch body {
        case .bytes(let bytes):
            var running = try start(algorithms)
            bytes.withUnsafeBytes { running.update($0) }
            return running.finish()
        case .file(let file, let range):
            return try await readers.run { cancellation throws(StoreError) in
                try checksums(algorithms, of: file.file, range, task, cancellation)
            }
        }
    }

    public static func checksum(
        _ algorithm: Checksum.Algorithm, of body: ByteSource, _ task: String
    ) async throws(StoreError) -> Checksum {
        try await checksums([algorithm], of: body, task)[0]
    }

    private static func start(_ algorithms: [Checksum.Algorithm]) throws(StoreError) -> RunningChecksums {
        do throws(ChecksumError) {
            return try RunningChecksums(algorithms)
        } catch {
            throw StoreError(.unsupported, error.description)
        }
    }
}
