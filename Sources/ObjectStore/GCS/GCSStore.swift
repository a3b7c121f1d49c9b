public import HTTP
import JSON
import Platform
import Signing

/// A bucket of Google Cloud Storage, spoken to in JSON.
///
/// The version of an object is its generation: every write of its bytes makes another one, a change of its metadata does not.
public struct GCSStore: ObjectStore {
    let site: GCSSite
    let settings: GCSSettings
    let client: HTTPClient
    let service: GCSService
    let meter: HTTPMeter?
    let facts: GCSFacts

    /// No request is made before the first call.
    public init(
        _ site: GCSSite, _ settings: GCSSettings = GCSSettings(), tokens: any BearerTokenSource, client: HTTPClient,
        meter: HTTPMeter? = nil
    ) {
        self.site = site
        self.settings = settings
        self.client = client
        self.meter = meter
        service = GCSService(tokens)
        facts = GCSFacts(settings.server ?? GCSServer(site))
    }

    /// Whether objects and folders can be moved is known once the bucket has been checked.
    public var capabilities: StoreCapabilities {
        var can = facts.server.capabilities
        if facts.hasMoves { can.atomicRename = facts.folderUse == .changed ? .objectsAndFolders : .objects }
        return can
    }

    public func mayAskAgain() -> Bool { client.mayRepeat(meter) }

    // MARK: Requests

    func request(
        _ method: HTTPMethod, _ address: HTTPAddress, headers: HTTPHeaders = [:], body: ByteSource? = nil
    ) -> HTTPRequest {
        var address = address
        if let project = settings.userProject {
            let item = [QueryItem("userProject", project)].encoded
            address.query += (address.query.isEmpty ? "" : "&") + item
        }
        var headers = headers
        headers.add(settings.headers)
        var request = HTTPRequest(method, address, headers: headers, body: body, isIdempotent: true)
        request.trust = settings.trust
        request.meter = meter
        return request
    }

    func request(_ method: HTTPMethod, _ address: HTTPAddress, sending document: JSONValue) -> HTTPRequest {
        request(
            method, address, headers: ["Content-Type": "application/json; charset=UTF-8"],
            body: .bytes(Array(document.compact.utf8)))
    }

    /// A request that makes the server copy or put together what may be large: it says nothing until some of it is done.
    func slow(_ request: HTTPRequest) -> HTTPRequest {
        var request = request
        request.answerMilliseconds = 600_000
        return request
    }

    /// The answer if it is a success.
    func send(_ request: HTTPRequest, _ task: String) async throws(StoreError) -> HTTPResponse {
        let response = try await sendAny(request, task)
        guard response.isSuccess else { throw failure(response, task) }
        return response
    }

    /// The answer, whatever it is.
    func sendAny(_ request: HTTPRequest, _ task: String) async throws(StoreError) -> HTTPResponse {
        try await sendAny(request, to: service, task)
    }

    func sendAny(
        _ request: HTTPRequest, to service: some HTTPService, _ task: String
    ) async throws(StoreError) -> HTTPResponse {
        do throws(HTTPError) {
            let response = try await client.send(request, to: service)
            facts.learn(response.headers)
            return response
        } catch {
            if error.code == .unauthorized, let failure = self.service.credentialFailure { throw failure }
            throw StoreError(error, task)
        }
    }

    /// `secrets` are those of the request beside its token.
    func failure(_ response: HTTPResponse, _ task: String, hiding secrets: [String] = []) -> StoreError {
        let answer = GCSErrorAnswer(response, hiding: service.secrets + secrets)
        return GCSFailure.error(answer, task, bucket: site.bucket, identity: service.identity)
    }

    /// The document of an answer that is a success.
    func document(_ response: HTTPResponse, _ task: String) throws(StoreError) -> JSONValue {
        do throws(JSONProblem) {
            return try JSONValue(reading: response.body)
        } catch {
            throw odd("\(error.message) at byte \(error.offset)", response, task)
        }
    }

    /// The object that an answer describes.
    func object(_ response: HTTPResponse, _ task: String) throws(StoreError) -> GCSObject {
        try object(in: try document(response, task), response, task)
    }

    func object(in document: JSONValue?, _ response: HTTPResponse, _ task: String) throws(StoreError) -> GCSObject {
        guard let object = document.flatMap(GCSObject.init) else {
            throw odd("it does not describe an object", response, task)
        }
        return object
    }

    func odd(_ what: String, _ response: HTTPResponse, _ task: String) -> StoreError {
        StoreError(
            .inputOutput, "\(task): the answer cannot be understood: \(what)", isRetryable: true,
            status: response.status)
    }

    // MARK: Keys

    /// Keys are text to GCS, of at most 1024 bytes.
    func check(_ key: ObjectKey) throws(StoreError) {
        guard !key.isEmpty, key.bytes.count <= 1024 else {
            throw StoreError(.invalid, "\(key.shown): GCS's keys have between 1 and 1024 bytes")
        }
        guard key.exactText != nil else { throw StoreError(.invalid, "\(key.shown): GCS's keys are UTF-8") }
        guard key != ".", key != "..", !key.bytes.contains(where: { $0 == 0x0A || $0 == 0x0D }) else {
            throw StoreError(.invalid, "\(key.shown): GCS takes no such key")
        }
        guard !isOfParts(key) else {
            throw StoreError(.invalid, "\(key.shown): such names are those of unfinished objects' parts")
        }
    }

    func isOfParts(_ key: ObjectKey) -> Bool { key.hasPrefix(settings.partsPrefix) }
}
