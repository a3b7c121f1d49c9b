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
        _ whole: WholeBody, _ number: Int, of file: StagedFile, to target: Target
    ) throws(Failure) {
        guard let sum = whole.sum?.hex else { return }
        try note(SentObject(key: target.key, content: .bytes(whole.source.count, sum)), number, of: file)
    }

    /// Nothing but the attributes of what is in the bucket are to be others.
    func note(
        _ metadata: ObjectMetadata, of object: StoredObject, _ number: Int, _ file: StagedFile
    ) throws(SystemError) {
        let sent = SentObject(key: object.key, content: .attributes(of: object.version, object.size, metadata))
        try file.attempt(StagedAttempt(number: number, sent.words))
    }

    /// Nothing where it has nothing by which it will be known.
    func note(_ mark: ObjectMark?, _ number: Int, of file: StagedFile, to target: Target) throws(Failure) {
        guard let mark else { return }
        try note(SentObject(key: target.key, content: .parts(mark)), number, of: file)
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
        var sum: String?
        for attempt in file.state.attempts.reversed() {
            guard let sent = SentObject(words: attempt.description), sent.key == target.key,
                try await isThere(sent, found, &sum)
            else { continue }
            // One of the version that waits is none of the object that is there.
            if file.state.upload != nil, attempt.number != file.state.sealed?.number {
                try await forgetUpload(of: file)
            }
            return Saved(
                number: attempt.number, object: StoredObject(target.key, found.version, size: found.size),
                metadata: sent.metadata ?? found.metadata)
        }
        guard store is any FolderStore, let sealed = file.state.sealed, try await isWaiting(sealed, of: file, found)
        else {
            return nil
        }
        return Saved(
            number: sealed.number, object: StoredObject(target.key, found.version, size: found.size),
            metadata: found.metadata)
    }

    /// Files are near, and have nothing by which they could be known before they are there: they are compared with what waits.
    private func isWaiting(
        _ sealed: SealedVersion, of file: StagedFile, _ found: ObjectInfo
    ) async throws(Failure) -> Bool {
        guard found.size == sealed.image.size, sealed.image.sent.isEmpty else { return false }
        let step = 1 << 20
        for start in stride(from: 0, to: found.size, by: step) {
            let range = start..<min(start + step, found.size)
            do throws(Failure) {
                guard let bytes = try await bytes(range, of: file, sealed.number) else { return false }
                let read = try await inStore(found.key) { () async throws(StoreError) in
                    try await store.read(
                        found.key, ReadRange(from: range.lowerBound, count: range.count), of: found.version,
                        into: .bytes(limit: range.count))
                }
                guard read.bytes == bytes else { return false }
            } catch {
                // What the waiting bytes are based on is not there any more, or this is not.
                guard error.foundAnother else { throw error }
                return false
            }
        }
        return true
    }

    /// `known` is the sum of what was found, once that has been read.
    private func isThere(
        _ sent: SentObject, _ found: ObjectInfo, _ known: inout String?
    ) async throws(Failure) -> Bool {
        switch sent.content {
        case .parts(let mark):
            return try await inStore(sent.key) { () async throws(StoreError) in try await store.hasMark(mark, found) }
        case .bytes(let size, let sum):
            guard found.size == size else { return false }
            do throws(StoreError) {
                if known == nil { known = try await self.sum(of: found)?.hex }
                return known == sum
            } catch  where [.notFound, .changed].contains(error.code) {
                return false
            } catch {
                throw .store(error)
            }
        case .attributes(let version, let size, let metadata):
            if let folder = store as? any FolderStore { return folder.areOfOneFile(found.version, version) }
            // Among them when it was written, to the nanosecond.
            return found.size == size && !metadata.user.isEmpty && found.metadata.user == metadata.user
        }
    }

    private func sum(of object: ObjectInfo) async throws(StoreError) -> Checksum? {
        var sum = CombinedChecksum(WholeBody.algorithm)
        let step = 8 << 20
        for start in stride(from: 0, to: object.size, by: step) {
            let count = min(step, object.size - start)
            let bytes = try await store.read(
                object.key, ReadRange(from: start, count: count), of: object.version, into: .bytes(limit: count)
            ).bytes
            guard bytes.count == count, let part = try? Checksum(WholeBody.algorithm, of: bytes) else { return nil }
            sum?.append(part, size: count)
        }
        return sum?.checksum
    }
}

/// An object as it is known before the store has said so.
private struct SentObject {
    enum Content {
        case bytes(Int, String)
        case parts(ObjectMark)
        /// Such a version of this size, with these attributes.
        case attributes(of: ObjectVersion, Int, ObjectMetadata)
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
        case .parts(let mark): ["key": key.words, "mark": .string(mark.text)]
        case .attributes(let version, let size, let metadata):
            [
                "key": key.words, "version": .string(version.text), "size": .integer(size),
                "metadata": metadata.words,
            ]
        }
    }

    /// Nothing: what the store tells.
    var metadata: ObjectMetadata? { if case .attributes(_, _, let metadata) = content { metadata } else { nil } }

    init?(words: JSONValue) {
        guard let key = words["key"].flatMap(ObjectKey.init(words:)) else { return nil }
        if case .string(let version)? = words["version"], case .integer(let size)? = words["size"],
            let metadata = words["metadata"].flatMap(ObjectMetadata.init(words:))
        {
            self.init(key: key, content: .attributes(of: ObjectVersion(version), size, metadata))
        } else if case .string(let mark)? = words["mark"] {
            self.init(key: key, content: .parts(ObjectMark(mark)))
        } else if case .integer(let size)? = words["size"], case .string(let sum)? = words["crc64nvme"] {
            self.init(key: key, content: .bytes(size, sum))
        } else {
            return nil
        }
    }
}
