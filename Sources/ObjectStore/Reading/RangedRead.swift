import Checksums
import HTTP
import Platform

/// The reading of a range by one request, whatever the protocol calls its headers: what comes is taken only when it is that
/// range of that version, and fits.
struct RangedRead {
    let key: ObjectKey
    let range: ReadRange
    let version: ObjectVersion?
    let sink: ByteSink
    let checksum: Checksum.Algorithm?
    /// What is being tried, for messages.
    let task: String
    /// What the head of an answer says of the object.
    let info: @Sendable (HTTPHeaders, RangeAnswer) throws(StoreError) -> ObjectInfo

    enum Answer {
        case read(ReadResult)
        /// The object ends before the range begins.
        case outside
        case refused(HTTPResponse)
    }

    /// `request` says what to read, but for the header `Range`.
    func ask(
        _ request: HTTPRequest, _ send: (HTTPRequest) async throws(StoreError) -> HTTPResponse
    ) async throws(StoreError) -> Answer {
        var request = request
        request.headers["Range"] = range.header
        request.sink = sink
        request.checksum = checksum
        let verdict = ReadVerdict()
        request.accept = { head in
            guard head.status == 200 || head.status == 206 else { return .keep }
            return verdict.accept { () throws(StoreError) in try judge(head) }
        }
        let response: HTTPResponse
        do throws(StoreError) {
            response = try await send(request)
        } catch {
            throw verdict.failure ?? error
        }
        if response.status == 416 { return .outside }
        guard response.isSuccess, var object = verdict.object else { return .refused(response) }
        // Only an answer of unknown length leaves this open.
        if range == .whole { object.size = response.count }
        return .read(
            ReadResult(
                object: object, count: response.count, bytes: response.body, checksum: response.checksum,
                timing: response.timing))
    }

    private func judge(_ head: HTTPHead) throws(StoreError) -> (ObjectInfo, HTTPRequest.Acceptance) {
        let answer = try RangeAnswer.read(head, range, of: key, task)
        let info = try info(head.headers, answer)
        guard version == nil || version == info.version else { throw .changed(key) }
        guard answer.count ?? 0 <= sink.capacity else {
            throw StoreError(.tooLarge, "\(key.shown) has \(answer.count ?? 0) bytes to read")
        }
        return (info, .sink(skip: answer.skip, limit: answer.count, expected: answer.count))
    }
}

extension ObjectStore {
    /// Reads no byte, but of a version all the same: of an empty object, which refuses every range, or because none was
    /// asked for.
    func readNothing(
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
