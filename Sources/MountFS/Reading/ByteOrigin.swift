import Checksums
import ObjectStore
import Platform

/// Where the bytes of a file come from: the store, or what stands before it. A cache on disk is one that has another behind
/// it, asks that one for what it lacks, and keeps what came.
protocol ByteOrigin: Sendable {
    /// Fetches into memory of the range's size. `progress` is called only where a version is pinned, see `ByteSink.memory`.
    func fetch(
        _ range: Range<Int>, of file: FileVersion, into memory: UnsafeMutableRawBufferPointer,
        progress: @escaping @Sendable (_ count: Int) -> Void
    ) async throws(StoreError) -> ObjectInfo
}

struct StoreOrigin: ByteOrigin {
    let store: any ObjectStore
    /// What comes whole is compared with one of these, if the store states it.
    let checksums: Set<Checksum.Algorithm>

    /// What arrives wrong is asked for so often.
    private static let attempts = 3

    func fetch(
        _ range: Range<Int>, of file: FileVersion, into memory: UnsafeMutableRawBufferPointer,
        progress: @escaping @Sendable (_ count: Int) -> Void
    ) async throws(StoreError) -> ObjectInfo {
        // Nobody gets bytes that may turn out to be wrong.
        guard !checksums.isEmpty, range == 0..<file.size else {
            return try await fetchOnce(range, of: file, into: memory, progress)
        }
        for _ in 1..<Self.attempts {
            let object = try await fetchOnce(range, of: file, into: memory, nil)
            if wrongChecksum(of: memory, object) == nil { return object }
        }
        let object = try await fetchOnce(range, of: file, into: memory, nil)
        guard let wrong = wrongChecksum(of: memory, object) else { return object }
        throw StoreError(
            .inputOutput,
            "cannot read \(file.key.shown): what comes does not have the checksum that the store states (\(wrong.rawValue))",
            isRetryable: false)
    }

    private func fetchOnce(
        _ range: Range<Int>, of file: FileVersion, into memory: UnsafeMutableRawBufferPointer,
        _ progress: (@Sendable (_ count: Int) -> Void)?
    ) async throws(StoreError) -> ObjectInfo {
        let wanted = ReadRange(from: range.lowerBound, count: range.count)
        // Of which version the bytes are is else known only from the result.
        let sink = ByteSink.memory(memory, progress: file.version == nil ? nil : progress)
        let result = try await store.read(file.key, wanted, of: file.version, into: sink)
        guard result.object.hasUnknownSize || result.object.size == file.size, result.count == range.count else {
            throw StoreError(
                .changed, "\(file.key.shown) has \(result.object.size) bytes and not \(file.size) any more")
        }
        return result.object
    }

    /// The cheapest that the store states, if the bytes do not have it.
    private func wrongChecksum(
        of bytes: UnsafeMutableRawBufferPointer, _ object: ObjectInfo
    ) -> Checksum.Algorithm? {
        guard let stated = object.checksums.first(where: { checksums.contains($0.algorithm) }),
            let actual = try? Checksum(stated.algorithm, of: UnsafeRawBufferPointer(bytes)), actual != stated
        else { return nil }
        return stated.algorithm
    }
}
