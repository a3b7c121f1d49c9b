public import Checksums
import HTTP
public import Platform

extension WebStore {
    public func read(
        _ key: ObjectKey, _ range: ReadRange, of version: ObjectVersion?, into sink: ByteSink,
        checksum: Checksum.Algorithm?
    ) async throws(StoreError) -> ReadResult {
        let task = "cannot read \(key.shown)"
        try check(key, task)
        // No range says "nothing".
        guard range.count != 0 else { return try await readNothing(range, version, checksum, task) }
        let verdict = ReadVerdict()
        let response: HTTPResponse
        do throws(StoreError) {
            response = try await send(.get, task) { request in
                request.headers["Range"] = range.header
                // Who ignores conditions is found out by what the answer says of its version.
                let condition = WebVersion.condition(version)
                request.headers["If-Match"] = condition
                request.headers["If-Range"] = range == .whole ? nil : condition
                request.sink = sink
                request.checksum = checksum
                request.accept = { head in
                    guard head.status == 200 || head.status == 206 else { return .keep }
                    return verdict.accept { () throws(StoreError) in
                        try self.judge(head, range, version, sink, task)
                    }
                }
            }
        } catch {
            throw verdict.failure ?? error
        }
        switch response.status {
        case 412: throw .changed(key)
        case 416: return try await readNothing(range, version, checksum, task)
        default: break
        }
        guard var object = verdict.object else { throw failure(response, task) }
        if object.hasUnknownSize, range == .whole {
            object.size = response.count
            object.hasUnknownSize = false
        }
        return ReadResult(
            object: object, count: response.count, bytes: response.body, checksum: response.checksum,
            timing: response.timing)
    }

    /// What to do with a body, by its head.
    private func judge(
        _ head: HTTPHead, _ range: ReadRange, _ version: ObjectVersion?, _ sink: ByteSink, _ task: String
    ) throws(StoreError) -> (ObjectInfo, HTTPRequest.Acceptance) {
        let answer = try self.answer(head, range, task)
        let info = self.info(head.headers, size: answer.size)
        guard WebVersion.matches(info.version, version) else { throw .changed(key) }
        guard answer.count ?? 0 <= sink.capacity else {
            throw StoreError(.tooLarge, "\(key.shown) has \(answer.count ?? 0) bytes to read")
        }
        // Of a file of unknown size the range may be cut short by its end.
        return (info, .sink(skip: answer.skip, limit: answer.count ?? range.count, expected: answer.count))
    }

    private func answer(_ head: HTTPHead, _ range: ReadRange, _ task: String) throws(StoreError) -> RangeAnswer {
        if head.status == 200, head.headers["Content-Range"] == nil, head.headers["Content-Length"] == nil {
            return RangeAnswer(skip: range.start, count: nil, size: nil)
        }
        return try RangeAnswer.read(head, range, of: key, task)
    }

    /// Reads no byte, but of a version all the same: of an empty file, which refuses every range, or because none was asked
    /// for.
    private func readNothing(
        _ range: ReadRange, _ version: ObjectVersion?, _ algorithm: Checksum.Algorithm?, _ task: String
    ) async throws(StoreError) -> ReadResult {
        let object = try await stat(key)
        guard WebVersion.matches(object.version, version) else { throw .changed(key) }
        guard object.hasUnknownSize || range.clipped(to: object.size) != nil else {
            throw StoreError(.invalid, "\(key.shown) has only \(object.size) bytes")
        }
        guard range.count == 0 || object.size == 0 else { throw .changed(key) }
        var checksum: Checksum?
        if let algorithm { checksum = try await FileChecksum.checksum(algorithm, of: .bytes([]), task) }
        return ReadResult(object: object, count: 0, checksum: checksum)
    }
}
