import Checksums
import ObjectStore
import Platform
import Staging

/// Objects that are sent in one piece.
extension Uploader {
    func put(
        _ sealed: SealedVersion, of file: StagedFile, to target: Target
    ) async throws(Failure) -> ObjectVersion? {
        let size = sealed.image.size
        let gate = size <= Self.smallSize ? smallGate : gate
        return try await gate.pass(rank: rank(of: file)) { () async throws(Failure) in
            guard size <= Self.mostInMemory else {
                guard let copy = try await copy(sealed, of: file) else { return nil }
                return try await put(copy, sealed.number, of: file, to: target)
            }
            await memory.take(size)
            defer { memory.giveBack(size) }
            guard let bytes = try await bytes(0..<size, of: file, sealed.number) else { return nil }
            let whole = WholeBody(source: .bytes(bytes), sum: try? Checksum(WholeBody.algorithm, of: bytes))
            return try await put(whole, sealed.number, of: file, to: target)
        }
    }

    private func put(
        _ whole: WholeBody, _ number: Int, of file: StagedFile, to target: Target
    ) async throws(Failure) -> ObjectVersion? {
        try note(whole, number, of: file, to: target)
        return try await inStore(target.key) { () async throws(StoreError) in
            let keepsConditions = store.capabilities.conditionalPut
            let options = PutOptions(
                if: keepsConditions ? target.condition : .always, metadata: target.metadata,
                checksum: checksum.map { .computed($0) })
            if !keepsConditions { try await checkByHand(target) }
            return try await store.put(target.key, whole.source, options).version
        }
    }

    // MARK: What is too large for memory

    private static let mostInMemory = 16 << 20
    private static let step = 4 << 20

    /// A file may be written to while it is sent, and who has begun to send an object whole cannot take back its beginning: so
    /// what is sent is a copy that nobody changes. Nothing when another version has taken the sealed one's place.
    private func copy(_ sealed: SealedVersion, of file: StagedFile) async throws(Failure) -> WholeBody? {
        let size = sealed.image.size
        let copy = try onDisk { () throws(SystemError) in try file.nameless() }
        var sum = CombinedChecksum(WholeBody.algorithm)
        for start in stride(from: 0, to: size, by: Self.step) {
            let range = start..<min(size, start + Self.step)
            await memory.take(range.count)
            defer { memory.giveBack(range.count) }
            guard let bytes = try await bytes(range, of: file, sealed.number) else { return nil }
            if let part = try? Checksum(WholeBody.algorithm, of: bytes) { sum?.append(part, size: bytes.count) }
            try onDisk { () throws(SystemError) in try copy.file.write(bytes, at: start) }
        }
        return WholeBody(source: .file(copy, 0..<size), sum: sum?.checksum)
    }
}

/// What is sent in one piece, and what it can be known by.
struct WholeBody {
    /// This one every machine has.
    static let algorithm = Checksum.Algorithm.crc64nvme

    let source: ByteSource
    let sum: Checksum?
}
