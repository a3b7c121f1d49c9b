import Checksums
import JSON
import ObjectStore
import Platform
import Staging

/// What is in the bucket without anybody here knowing it: the store has taken it, and its answer got lost, or who had asked was
/// killed before the note. The file may have been written to since, so that it is an older version than the one that waits.
///
/// So before a version is sent whole it is noted by what it can be known: else it would look as if somebody else had written it.
extension Uploader {
    func note(
        _ bytes: [UInt8], _ number: Int, of file: StagedFile, to target: Target
    ) throws(Failure) {
        guard let sum = Self.sum(bytes) else { return }
        try note(SentObject(key: target.key, content: .bytes(bytes.count, sum)), number, of: file)
    }

    /// Nothing where nobody knows as what the store will know it.
    func note(_ version: ObjectVersion?, _ number: Int, of file: StagedFile, to target: Target) throws(Failure) {
        guard let version else { return }
        try note(SentObject(key: target.key, content: .version(version)), number, of: file)
    }

    private func note(_ sent: SentObject, _ number: Int, of file: StagedFile) throws(Failure) {
        try onDisk { () throws(SystemError) in try file.attempt(StagedAttempt(number: number, sent.words)) }
    }

    /// The version that is in the bucket, should it be one that was sent from here; nothing when somebody else has written it.
    /// `failure` is what the store had to say when it was asked to take it.
    func unheard(
        of file: StagedFile, to target: Target, _ failure: Failure? = nil
    ) async throws(Failure) -> Saved? {
        let found = try await found(target.key)
        guard found?.version != target.replacing else {
            // What is in the way is not there yet: another request for the same key is being carried out, maybe one of our own
            // of which nobody knows any more.
            guard case .conflict(let error) = failure, error.code == .conditionFailed else { return nil }
            throw .store(StoreError(.conditionFailed, error.message, isRetryable: true, requestID: error.requestID))
        }
        guard let found else { return nil }
        for attempt in file.state.attempts.reversed() {
            guard let sent = SentObject(words: attempt.description), sent.key == target.key,
                try await isThere(sent, found)
            else { continue }
            // One of the version that waits is none of the object that is there.
            if file.state.upload != nil, attempt.number != file.state.sealed?.number {
                try await forgetUpload(of: file)
            }
            return Saved(
                number: attempt.number, object: StoredObject(target.key, found.version, size: found.size),
                metadata: found.metadata)
        }
        return nil
    }

    private func isThere(_ sent: SentObject, _ found: ObjectInfo) async throws(Failure) -> Bool {
        switch sent.content {
        case .version(let version): return found.version == version
        case .bytes(let size, let sum):
            guard found.size == size else { return false }
            do throws(StoreError) {
                let read = try await store.read(sent.key, .whole, of: found.version, into: .bytes(limit: size))
                return Self.sum(read.bytes) == sum
            } catch  where [.notFound, .changed].contains(error.code) {
                return false
            } catch {
                throw .store(error)
            }
        }
    }

    /// This one every machine has.
    private static func sum(_ bytes: [UInt8]) -> String? { try? Checksum(.crc64nvme, of: bytes).hex }
}

/// An object as it is known before the store has said so.
private struct SentObject {
    enum Content {
        case bytes(Int, String)
        case version(ObjectVersion)
    }

    let key: ObjectKey
    let content: Content

    init(key: ObjectKey, content: Content) {
        self.key = key
        self.content = content
    }

    var words: JSONValue {
        switch content {
        case .bytes(let size, let sum): ["key": key.words, "size": .integer(size), "crc64nvme": .string(sum)]
        case .version(let version): ["key": key.words, "version": .string(version.text)]
        }
    }

    init?(words: JSONValue) {
        guard let key = words["key"].flatMap(ObjectKey.init(words:)) else { return nil }
        if case .string(let version)? = words["version"] {
            self.init(key: key, content: .version(ObjectVersion(version)))
        } else if case .integer(let size)? = words["size"], case .string(let sum)? = words["crc64nvme"] {
            self.init(key: key, content: .bytes(size, sum))
        } else {
            return nil
        }
    }
}
