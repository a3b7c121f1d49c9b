import Checksums
import HTTP
import JSON
import Platform
import Signing

/// How bytes come to GCS. What is small goes in one request together with what is said of it, and has to be in memory for that;
/// what is larger goes straight from its file, in a session that can be gone on with when the connection breaks.
extension GCSStore {
    private static var smallBody: Int { 1 << 20 }

    /// The answer, whatever it is. `query` has the name and the condition.
    func upload(
        _ body: ByteSource, _ query: [QueryItem], _ resource: JSONValue, _ contentType: String?, _ task: String
    ) async throws(StoreError) -> HTTPResponse {
        let query = query + queryOfWrites()
        let type = contentType ?? "application/octet-stream"
        if body.count <= Self.smallBody { return try await uploadAtOnce(body, query, resource, type, task) }
        let response = try await uploadInSession(body, query, resource, type, task)
        // Sessions do not live for ever; what was sent to one that has ended is gone with it.
        guard response.status == 404 || response.status == 410 else { return response }
        return try await uploadInSession(body, query, resource, type, task)
    }

    private func uploadAtOnce(
        _ body: ByteSource, _ query: [QueryItem], _ resource: JSONValue, _ type: String, _ task: String
    ) async throws(StoreError) -> HTTPResponse {
        let boundary = RandomID.make()
        let head =
            "--\(boundary)\r\nContent-Type: application/json; charset=UTF-8\r\n\r\n\(resource.compact)\r\n"
            + "--\(boundary)\r\nContent-Type: \(type)\r\n\r\n"
        let whole = Array(head.utf8) + (try await body.read(task)) + Array("\r\n--\(boundary)--\r\n".utf8)
        let message = request(
            .post, site.upload([QueryItem("uploadType", "multipart")] + query),
            headers: ["Content-Type": "multipart/related; boundary=\(boundary)"], body: .bytes(whole))
        return try await sendAny(message, task)
    }

    private func uploadInSession(
        _ body: ByteSource, _ query: [QueryItem], _ resource: JSONValue, _ type: String, _ task: String
    ) async throws(StoreError) -> HTTPResponse {
        var beginning = request(
            .post, site.upload([QueryItem("uploadType", "resumable")] + query), sending: resource)
        beginning.headers["X-Upload-Content-Type"] = type
        beginning.headers["X-Upload-Content-Length"] = String(body.count)
        // Made twice, it leaves a session behind that nobody knows of; it ends by itself.
        let answer = try await sendAny(beginning, task)
        guard answer.isSuccess else { return answer }
        let place = try session(answer, task)
        var message = HTTPRequest(.put, place, body: body, isIdempotent: true)
        message.trust = settings.trust
        message.meter = meter
        message.answerMilliseconds = 600_000
        message.isPreparedEachTime = true
        message.headers.add(settings.headers)
        message.headers["Content-Type"] = type
        message.headers["Content-Range"] = GCSUploadSession.range(from: 0, of: body.count)
        let session = GCSUploadSession(service: service, client: client, body: body)
        let response = try await sendAny(message, to: session, task)
        guard !response.isSuccess, response.status != 404, response.status != 410, response.status != 412 else {
            return response
        }
        throw failure(response, task, hiding: [place.query, place.text])
    }

    /// Where to send. Our token goes there too, so that it has to be the service that was asked.
    private func session(_ answer: HTTPResponse, _ task: String) throws(StoreError) -> HTTPAddress {
        guard let location = answer.headers["Location"], let place = try? HTTPAddress(parsing: location) else {
            throw odd("it names no session", answer, task)
        }
        guard place.isSecure == site.service.isSecure, place.authority == site.service.authority else {
            throw StoreError(
                .inputOutput,
                "\(task): the server sends uploads to \(place.authority.printable), and that is not the service"
                    + " that was asked", isRetryable: false)
        }
        return place
    }
}

extension ByteSource {
    /// All of a small body.
    func read(_ task: String) async throws(StoreError) -> [UInt8] {
        switch self {
        case .bytes(let bytes): return bytes
        case .file(let file, let range):
            return try await BlockingPool.files.run { _ throws(StoreError) in
                var bytes = [UInt8](repeating: 0, count: range.count)
                let outcome = bytes.withUnsafeMutableBytes { buffer in
                    Result { () throws(SystemError) in try file.file.read(into: buffer, at: range.lowerBound) }
                }
                switch outcome {
                case .success(let count) where count == bytes.count: return bytes
                case .success: break
                case .failure(let error): throw StoreError(error, task)
                }
                throw StoreError(.inputOutput, "\(task): the file is shorter than it was", isRetryable: false)
            }
        }
    }
}
