import HTTP
import Platform

/// A resumable upload, as one request that goes on where the last attempt ended: each attempt after the first asks how much has
/// arrived and sends the rest. The address of such a session is a secret: whoever has it may write the object.
struct GCSUploadSession: HTTPService {
    let service: GCSService
    let client: HTTPClient
    let body: ByteSource

    /// What part of the whole an attempt sends.
    static func range(from offset: Int, of size: Int) -> String { "bytes \(offset)-\(size - 1)/\(size)" }

    func prepare(_ request: HTTPRequest, attempt: Int) async throws(HTTPError) -> HTTPRequest {
        guard attempt > 1 else { return try await service.prepare(request, attempt: attempt) }
        var question = request
        question.body = nil
        question.headers["Content-Range"] = "bytes */\(body.count)"
        let answer = try await client.send(question, to: service)
        // All is there, or the session is not: who asks once more is told so as the answer to the upload.
        guard answer.status == 308, let offset = Self.arrived(answer), offset < body.count else {
            return try await service.prepare(question, attempt: attempt)
        }
        var rest = request
        rest.body = body.dropping(offset)
        rest.headers["Content-Range"] = Self.range(from: offset, of: body.count)
        return try await service.prepare(rest, attempt: attempt)
    }

    func judge(_ response: HTTPResponse, to request: HTTPRequest) async -> HTTPVerdict {
        // Not all that was sent has been kept.
        response.status == 308 ? .busy : await service.judge(response, to: request)
    }

    /// `Range: bytes=0-x`; without it nothing has been kept.
    private static func arrived(_ answer: HTTPResponse) -> Int? {
        guard let range = answer.headers["Range"] else { return 0 }
        guard range.hasPrefix("bytes=0-"), let last = Int(range.dropFirst(8)), last >= 0, last < .max else {
            return nil
        }
        return last + 1
    }
}

extension ByteSource {
    fileprivate func dropping(_ count: Int) -> ByteSource {
        switch self {
        case .bytes(let bytes): .bytes(Array(bytes[count...]))
        case .file(let file, let range): .file(file, range.lowerBound + count..<range.upperBound)
        }
    }
}
