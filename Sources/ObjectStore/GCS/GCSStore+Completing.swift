import Checksums
import HTTP
import JSON
import Signing

/// How parts become an object: 32 at a time, and what comes of them again, until the last composition is the object itself. Only
/// that one has the condition and what is said of the object.
extension GCSStore {
    public func complete(
        _ upload: Upload, _ parts: [UploadedPart], if condition: WriteCondition
    ) async throws(StoreError) -> PutResult {
        let task = "cannot complete the upload of \(upload.key.shown)"
        try check(upload.key)
        try parts.checkOrder(task)
        let names = try names(of: upload)
        guard parts.allSatisfy({ ObjectVersion($0.tag).generation != nil }) else { throw stale(task) }
        var pieces = parts.map { GCSPiece($0, of: names) }
        var query: [QueryItem] = []
        try add(condition, to: &query, capabilities.conditionalComplete, task)
        try await checkByHand(pieces, names, task)
        var level = 1
        while pieces.count > GCSParts.atOnce {
            pieces = try await join(pieces, level, names, task)
            level += 1
        }
        let members = try members(upload.options.metadata)
        let object: GCSObject
        if facts.server.composesAnew {
            object = try await compose(pieces, to: upload.key, members, query, names, task)
        } else {
            object = try await composeAnew(pieces, level, of: upload, members, names, task)
        }
        // What is left of it would cost money; the object is there all the same.
        try? await removeParts(of: upload, task)
        return PutResult(version: object.version)
    }

    /// The size and the checksum, which every object of GCS has.
    public func mark(of parts: [UploadedPart]) -> ObjectMark? {
        parts.crc32c.map { Self.mark($0, size: parts.reduce(0) { $0 + $1.size }) }
    }

    public func hasMark(_ mark: ObjectMark, _ object: ObjectInfo) async throws(StoreError) -> Bool {
        let sum = object.checksums.first { $0.algorithm == .crc32c }
        return sum.map { Self.mark($0, size: object.size) } == mark
    }

    private static func mark(_ crc32c: Checksum, size: Int) -> ObjectMark { ObjectMark("\(size)-\(crc32c.hex)") }

    private static var jointsAtOnce: Int { 8 }

    private func join(
        _ pieces: [GCSPiece], _ level: Int, _ names: GCSParts, _ task: String
    ) async throws(StoreError) -> [GCSPiece] {
        let groups = stride(from: 0, to: pieces.count, by: GCSParts.atOnce).map { start in
            Array(pieces[start..<min(start + GCSParts.atOnce, pieces.count)])
        }
        let results = await withTaskGroup(of: (Int, Result<GCSPiece, StoreError>).self) { group in
            var results = [Result<GCSPiece, StoreError>?](repeating: nil, count: groups.count)
            for (number, sources) in groups.enumerated() {
                if number >= Self.jointsAtOnce, let (done, result) = await group.next() { results[done] = result }
                group.addTask {
                    do throws(StoreError) {
                        let joint = try await compose(sources, to: names.joint(level, number), [], [], names, task)
                        return (number, .success(GCSPiece(joint)))
                    } catch {
                        return (number, .failure(error))
                    }
                }
            }
            for await (done, result) in group { results[done] = result }
            return results
        }
        var joints: [GCSPiece] = []
        for case let result? in results { joints.append(try result.get()) }
        return joints
    }

    /// Somewhere else, and copies that.
    private func composeAnew(
        _ pieces: [GCSPiece], _ level: Int, of upload: Upload, _ members: [JSONValue.Member], _ names: GCSParts,
        _ task: String
    ) async throws(StoreError) -> GCSObject {
        let joint = GCSPiece(try await compose(pieces, to: names.joint(level, 0), members, [], names, task))
        let object: GCSObject
        do throws(StoreError) {
            let source = CopySource(joint.key, joint.version)
            object = try await rewrite(source, to: upload.key, upload.options.metadata, if: .always, task)
        } catch  where [.changed, .notFound].contains(error.code) {
            throw stale(task)
        }
        guard object.size == joint.size, object.crc32c == joint.crc32c else { throw stale(task) }
        return object
    }

    private func compose(
        _ pieces: [GCSPiece], to key: ObjectKey, _ members: [JSONValue.Member], _ condition: [QueryItem],
        _ names: GCSParts, _ task: String
    ) async throws(StoreError) -> GCSObject {
        let document: JSONValue = [
            "sourceObjects": .array(pieces.map(\.source)), "destination": .object(members),
        ]
        let query = condition + queryOfWrites(acl: "destinationPredefinedAcl")
        let response = try await sendAny(
            slow(request(.post, site.object(key, "compose", query), sending: document)), task)
        guard response.isSuccess else { return try await settle(response, pieces, key, names, task) }
        let object = try object(response, task)
        guard object.size == pieces.size, pieces.crc32c == nil || object.crc32c == pieces.crc32c else {
            throw StoreError(
                .inputOutput, "\(task): what the server has put together is not what was sent", isRetryable: true)
        }
        return object
    }

    /// A composition that was refused: because an earlier attempt has made the object already, perhaps that of a process that
    /// was killed before it heard of it; because the upload is over, or because a part is not the one that was stored. The same
    /// bytes are the object that was wanted, whoever has made it.
    private func settle(
        _ response: HTTPResponse, _ pieces: [GCSPiece], _ key: ObjectKey, _ names: GCSParts, _ task: String
    ) async throws(StoreError) -> GCSObject {
        let failure = failure(response, task)
        switch failure.code {
        case .conditionFailed:
            guard let found = try? await look(key, task), found.size == pieces.size, let sum = pieces.crc32c,
                found.crc32c == sum
            else { throw failure }
            return found
        case .notFound where !GCSErrorAnswer(response).isAboutBucket:
            throw try await isOpen(names, task) ? stale(task) : failure.ofUpload(task)
        default: throw failure
        }
    }

    /// For servers that take any generation of a part for the one that was asked for.
    private func checkByHand(_ pieces: [GCSPiece], _ names: GCSParts, _ task: String) async throws(StoreError) {
        guard !facts.server.checksSources else { return }
        for piece in pieces {
            do throws(StoreError) {
                guard try await look(piece.key, task).version == piece.version else { throw stale(task) }
            } catch  where error.code == .notFound {
                throw try await isOpen(names, task) ? stale(task) : error.ofUpload(task)
            }
        }
    }

    private func isOpen(_ names: GCSParts, _ task: String) async throws(StoreError) -> Bool {
        do throws(StoreError) {
            _ = try await look(names.mark, task)
            return true
        } catch  where error.code == .notFound {
            return false
        }
    }

    private func stale(_ task: String) -> StoreError {
        StoreError(.invalid, "\(task): a part of it is not the one that was stored")
    }
}

extension StoreError {
    /// Something is not there because all of the upload is not.
    fileprivate func ofUpload(_ task: String) -> StoreError {
        StoreError(.notFound, "\(task): there is no such upload", status: status)
    }
}
