import Checksums
import ObjectStore
import Platform

/// Where the bytes of a file come from: the store, or what stands before it.
protocol ByteOrigin: Sendable {
    /// Fetches into memory of the range's size, which is not changed any more afterwards. Says of which version the bytes are.
    /// `progress` is called only where a version is pinned, see `ByteSink.memory`.
    func fetch(
        _ range: Range<Int>, of file: FileVersion, into memory: MemoryPiece,
        progress: @escaping @Sendable (_ count: Int) -> Void
    ) async throws(StoreError) -> ObjectVersion

    /// What the store may state of a whole that is put together of parts.
    var wholeChecksums: [Checksum.Algorithm] { get }

    /// What it states of this version; nothing when it states nothing, or cannot be asked.
    func wholeChecksum(of file: FileVersion) async -> Checksum?

    /// What was kept of it is wrong.
    func forget(_ file: FileVersion)

    /// Throws unless the store would give away this version.
    func checkReadable(_ file: FileVersion) async throws(StoreError)

    /// Whether anything is ever at hand.
    var isLocal: Bool { get }

    /// Called before a file is opened; may wait for disks.
    func prepare(_ file: FileVersion)

    /// Whether `prepare` would do anything.
    func needsPreparing(_ file: FileVersion) -> Bool

    /// Reads what is on this machine and can be had without waiting. False when that is not all of the range.
    func readAtHand(_ range: Range<Int>, of file: FileVersion, into memory: UnsafeMutableRawBufferPointer) -> Bool

    /// All of a file, where this machine has it and it has been found right. Never waits.
    func local(_ file: FileVersion) -> LocalContent?

    /// Nobody has read anything for a while.
    func rest()
}

struct StoreOrigin: ByteOrigin {
    let store: any ObjectStore
    /// What comes whole is compared with one of these, if the store states it.
    let checksums: Set<Checksum.Algorithm>

    /// What arrives wrong is asked for so often.
    private static let attempts = 3

    func fetch(
        _ range: Range<Int>, of file: FileVersion, into memory: MemoryPiece,
        progress: @escaping @Sendable (_ count: Int) -> Void
    ) async throws(StoreError) -> ObjectVersion {
        // Nobody gets bytes that may turn out to be wrong.
        guard !checksums.isEmpty, range == 0..<file.size else {
            return try await fetchOnce(range, of: file, into: memory, progress).version
        }
        for _ in 1..<Self.attempts {
            let object = try await fetchOnce(range, of: file, into: memory, nil)
            if wrongChecksum(of: memory, object) == nil { return object.version }
        }
        let object = try await fetchOnce(range, of: file, into: memory, nil)
        guard let wrong = wrongChecksum(of: memory, object) else { return object.version }
        throw StoreError(
            .inputOutput,
            "cannot read \(file.key.shown): what comes does not have the checksum that the store states (\(wrong.rawValue))",
            isRetryable: false)
    }

    private func fetchOnce(
        _ range: Range<Int>, of file: FileVersion, into memory: MemoryPiece,
        _ progress: (@Sendable (_ count: Int) -> Void)?
    ) async throws(StoreError) -> ObjectInfo {
        let wanted = ReadRange(from: range.lowerBound, count: range.count)
        // Of which version the bytes are is else known only from the result.
        let sink = ByteSink.memory(memory.bytes, progress: file.version == nil ? nil : progress)
        let result = try await store.read(file.key, wanted, of: file.version, into: sink)
        guard result.object.hasUnknownSize || result.object.size == file.size, result.count == range.count else {
            throw StoreError(
                .changed, "\(file.key.shown) has \(result.object.size) bytes and not \(file.size) any more")
        }
        return result.object
    }

    var wholeChecksums: [Checksum.Algorithm] {
        [.crc64nvme, .crc32c, .crc32].filter { checksums.contains($0) && store.capabilities.checksums.contains($0) }
    }

    func wholeChecksum(of file: FileVersion) async -> Checksum? {
        let algorithms = wholeChecksums
        // Who cannot be asked has stated nothing. What the bytes need, their own requests have found out.
        guard let object = try? await store.stat(file.key), object.version == file.version else { return nil }
        return object.checksums.first { algorithms.contains($0.algorithm) }
    }

    func forget(_ file: FileVersion) {}

    /// One byte says more than any other question: who may look may not always read.
    func checkReadable(_ file: FileVersion) async throws(StoreError) {
        _ = try await store.read(
            file.key, ReadRange(from: 0, count: 1), of: file.version, into: .bytes(limit: 1))
    }

    var isLocal: Bool { false }
    func prepare(_ file: FileVersion) {}
    func needsPreparing(_ file: FileVersion) -> Bool { false }
    func readAtHand(_ range: Range<Int>, of file: FileVersion, into memory: UnsafeMutableRawBufferPointer) -> Bool {
        false
    }
    func local(_ file: FileVersion) -> LocalContent? { nil }
    func rest() {}

    /// The cheapest that the store states, if the bytes do not have it.
    private func wrongChecksum(
        of memory: MemoryPiece, _ object: ObjectInfo
    ) -> Checksum.Algorithm? {
        guard let stated = object.checksums.first(where: { checksums.contains($0.algorithm) }),
            let actual = try? Checksum(stated.algorithm, of: UnsafeRawBufferPointer(memory.bytes)), actual != stated
        else { return nil }
        return stated.algorithm
    }
}
