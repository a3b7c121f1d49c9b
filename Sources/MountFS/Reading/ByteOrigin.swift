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

    func fetch(
        _ range: Range<Int>, of file: FileVersion, into memory: UnsafeMutableRawBufferPointer,
        progress: @escaping @Sendable (_ count: Int) -> Void
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
}
