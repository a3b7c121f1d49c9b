public import Checksums
public import Platform

/// The checksum of what a body holds before it is sent, or of what a file of this machine holds.
public enum FileChecksum {
    /// Reads the range; a file that ends before it is an error.
    static func checksum(
        _ algorithm: Checksum.Algorithm, of file: borrowing OwnedDescriptor, _ range: Range<Int>, _ task: String,
        _ cancellation: Cancellation
    ) throws(StoreError) -> Checksum {
        var running = try start(algorithm)
        let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: min(range.count, 1 << 20), alignment: 1)
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

    /// Files are read on threads that may wait.
    public static func checksum(
        _ algorithm: Checksum.Algorithm, of body: ByteSource, _ task: String
    ) async throws(StoreError) -> Checksum {
        switch body {
        case .bytes(let bytes):
            var running = try start(algorithm)
            running.update(bytes)
            return running.finish()
        case .file(let file, let range):
            return try await BlockingPool.files.run { cancellation throws(StoreError) in
                try checksum(algorithm, of: file.file, range, task, cancellation)
            }
        }
    }

    private static func start(_ algorithm: Checksum.Algorithm) throws(StoreError) -> RunningChecksum {
        do throws(ChecksumError) {
            return try RunningChecksum(algorithm)
        } catch {
            throw StoreError(.unsupported, error.description)
        }
    }
}
