public import Checksums
import HTTP
public import Platform

extension S3Store {
    public func read(
        _ key: ObjectKey, _ range: ReadRange, of version: ObjectVersion?, into sink: ByteSink,
        checksum: Checksum.Algorithm?
    ) async throws(StoreError) -> ReadResult {
        try check(key)
        let task = "cannot read \(key.shown)"
        // No range says "nothing".
        guard range.count != 0 else { return try await readNothing(key, range, version, checksum) }
        var message = request(.get, key, headers: ["x-amz-checksum-mode": "ENABLED"])
        message.headers["Range"] = range.header
        message.headers["If-Match"] = try version?.condition
        message.sink = sink
        message.checksum = checksum
        let verdict = ReadVerdict()
        message.accept = { head in
            guard head.status == 200 || head.status == 206 else { return .keep }
            return verdict.accept { () throws(StoreError) in
                let answer = try self.answer(head, key, range, task)
                let info = self.info(
                    of: key, head.headers, size: answer.size ?? 0, statesChecksums: answer.isWhole)
                guard let info else {
                    throw StoreError(.inputOutput, "\(task): the answer has no ETag", isRetryable: true)
                }
                guard version == nil || version == info.version else { throw .changed(key) }
                guard answer.count ?? 0 <= sink.capacity else {
                    throw StoreError(.tooLarge, "\(key.shown) has \(answer.count ?? 0) bytes to read")
                }
                return (info, .sink(skip: answer.skip, limit: answer.count, expected: answer.count))
            }
        }
        let response: HTTPResponse
        do throws(StoreError) {
            response = try await sendAny(message, task)
        } catch {
            throw verdict.failure ?? error
        }
        if response.status == 416 { return try await readNothing(key, range, version, checksum) }
        guard response.isSuccess, var object = verdict.object else { throw failure(response, task, .ofRead) }
        // Only an answer of unknown length leaves this open.
        if range == .whole { object.size = response.count }
        return ReadResult(object: object, count: response.count, bytes: response.body, checksum: response.checksum)
    }

    private func answer(
        _ head: HTTPHead, _ key: ObjectKey, _ range: ReadRange, _ task: String
    ) throws(StoreError) -> RangeAnswer {
        do throws(RangeAnswer.Problem) {
            return try RangeAnswer(head, range)
        } catch {
            switch error {
            case .outside(let size): throw .outside(key, size: size)
            case .malformed(let what): throw StoreError(.inputOutput, "\(task): \(what)", isRetryable: true)
            }
        }
    }

    /// Reads no byte, but of a version all the same: of an empty object, which refuses every range, or because none was
    /// asked for.
    private func readNothing(
        _ key: ObjectKey, _ range: ReadRange, _ version: ObjectVersion?, _ algorithm: Checksum.Algorithm?
    ) async throws(StoreError) -> ReadResult {
        let object = try await stat(key)
        guard version == nil || version == object.version else { throw .changed(key) }
        guard let bytes = range.clipped(to: object.size) else { throw .outside(key, size: object.size) }
        // The range was refused, and the object has grown since.
        guard bytes.isEmpty else { throw .changed(key) }
        var checksum: Checksum?
        if let algorithm {
            checksum = try await FileChecksum.checksum(algorithm, of: .bytes([]), "cannot read \(key.shown)")
        }
        return ReadResult(object: object, count: 0, checksum: checksum)
    }
}

extension StoreError {
    fileprivate static func outside(_ key: ObjectKey, size: Int) -> StoreError {
        StoreError(.invalid, "\(key.shown) has only \(size) bytes")
    }
}
