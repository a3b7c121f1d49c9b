import ObjectStore
import Platform
import Staging

/// Objects that are sent in one piece.
extension Uploader {
    func put(
        _ sealed: SealedVersion, of file: StagedFile, to target: Target
    ) async throws(Failure) -> ObjectVersion? {
        let size = sealed.image.size
        return try await (size <= Self.smallSize ? smallGate : gate).pass { () async throws(Failure) in
            await memory.take(size)
            defer { memory.giveBack(size) }
            guard let bytes = try await bytes(0..<size, of: file, sealed.number) else { return nil }
            return try await inStore(target.key) { () async throws(StoreError) in
                let body = ByteSource.bytes(bytes)
                let keepsConditions = store.capabilities.conditionalPut
                let options = PutOptions(
                    if: keepsConditions ? target.condition : .always, metadata: target.metadata,
                    checksum: checksum.map { .computed($0) })
                do throws(StoreError) {
                    if !keepsConditions { try await checkByHand(target) }
                    return try await store.put(target.key, body, options).version
                } catch  where error.code == .conditionFailed {
                    guard let version = try await version(of: target.key, ifItHolds: bytes) else { throw error }
                    return version
                }
            }
        }
    }

    /// The process that began this may have been killed between the answer of the store and its note of it.
    private func version(of key: ObjectKey, ifItHolds bytes: [UInt8]) async throws(StoreError) -> ObjectVersion? {
        do throws(StoreError) {
            let found = try await store.stat(key)
            guard found.size == bytes.count else { return nil }
            let read = try await store.read(key, .whole, of: found.version, into: .bytes(limit: bytes.count))
            return read.bytes == bytes ? found.version : nil
        } catch  where [.notFound, .changed].contains(error.code) {
            return nil
        }
    }
}
