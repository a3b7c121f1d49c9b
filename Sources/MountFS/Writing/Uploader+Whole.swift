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
            await memory.take(size)
            defer { memory.giveBack(size) }
            guard let bytes = try await bytes(0..<size, of: file, sealed.number) else { return nil }
            try note(bytes, sealed.number, of: file, to: target)
            return try await inStore(target.key) { () async throws(StoreError) in
                let body = ByteSource.bytes(bytes)
                let keepsConditions = store.capabilities.conditionalPut
                let options = PutOptions(
                    if: keepsConditions ? target.condition : .always, metadata: target.metadata,
                    checksum: checksum.map { .computed($0) })
                if !keepsConditions { try await checkByHand(target) }
                return try await store.put(target.key, body, options).version
            }
        }
    }
}
