import Checksums
import ObjectStore
import Platform
import Staging
import Synchronization

/// Objects that are sent in one piece.
extension Uploader {
    func put(
        _ sealed: SealedVersion, of file: StagedFile, to target: Target
    ) async throws(Failure) -> ObjectVersion? {
        let size = sealed.image.size
        let gate = size <= Self.smallSize ? smallGate : gate
        return try await gate.pass(rank: rank(of: file)) { () async throws(Failure) in
            guard size <= SentCopy.mostInMemory else {
                guard let whole = try await copy(sealed, of: file, to: target) else { return nil }
                return try await put(whole, sealed.number, of: file, to: target)
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
        guard target.isWanted() else { return nil }
        try note(whole, number, of: file, to: target)
        let version = try await inStore(target.key) { () async throws(StoreError) in
            let keepsConditions = store.capabilities.conditionalPut
            let options = PutOptions(
                if: keepsConditions ? target.condition : .always, metadata: target.metadata,
                checksum: checksum.map { .computed($0) })
            if !keepsConditions { try await checkByHand(target) }
            return try await store.put(target.key, whole.source, options).version
        }
        target.copy.forget()
        return version
    }

    /// A file may be written to while it is sent, and who has begun to send an object whole cannot take back its beginning: so
    /// what is too large for memory is copied first. The copy is there for further attempts as well. Nothing when another version
    /// has taken the sealed one's place.
    private func copy(
        _ sealed: SealedVersion, of file: StagedFile, to target: Target
    ) async throws(Failure) -> WholeBody? {
        if let whole = target.copy.whole(of: sealed.number) { return whole }
        let size = sealed.image.size
        guard size <= store.capabilities.maximumPut else {
            throw .store(
                StoreError(.tooLarge, "cannot write \(target.key.shown): \(size) bytes are more than is taken at once"))
        }
        // That of an older version takes room.
        target.copy.forget()
        var sum = CombinedChecksum(WholeBody.algorithm)
        let copy = try await copy(0..<size, of: file) { piece throws(Failure) in
            guard target.isWanted(), let bytes = try await bytes(piece, of: file, sealed.number) else { return nil }
            if let part = try? Checksum(WholeBody.algorithm, of: bytes) { sum?.append(part, size: bytes.count) }
            return bytes
        }
        guard let copy else { return nil }
        let whole = WholeBody(source: copy.source, sum: sum?.checksum, copy: copy)
        target.copy.keep(whole, sealed.number)
        return whole
    }
}

/// What is sent in one piece, and what it can be known by.
struct WholeBody: Sendable {
    /// This one every machine has.
    static let algorithm = Checksum.Algorithm.crc64nvme

    let source: ByteSource
    let sum: Checksum?
    /// Where the source is, if it is there only for this.
    var copy: SentCopy?
}

/// The copy of a file's version that is to come into the bucket whole, until it is there.
final class KeptCopy: Sendable {
    private let state = Mutex<(number: Int, whole: WholeBody)?>(nil)

    func whole(of number: Int) -> WholeBody? { state.withLock { $0?.number == number ? $0?.whole : nil } }
    func keep(_ whole: WholeBody, _ number: Int) { state.withLock { $0 = (number, whole) } }

    func forget() {
        let old = state.withLock { state in
            defer { state = nil }
            return state
        }
        // Whose end gives room to others, with no lock held.
        withExtendedLifetime(old) {}
    }
}
