public import HTTP
import Platform
import Signing

/// A container of Azure's blob storage.
public struct AzureStore: ObjectStore {
    let site: AzureSite
    let settings: AzureSettings
    let client: HTTPClient
    let service: AzureService
    let meter: HTTPMeter?
    let facts = AzureFacts()

    /// No request is made before the first call.
    public init(
        _ site: AzureSite, _ settings: AzureSettings = AzureSettings(), credentials: any AzureCredentialSource,
        client: HTTPClient, meter: HTTPMeter? = nil
    ) {
        self.site = site
        self.settings = settings
        self.client = client
        self.meter = meter
        service = AzureService(site, credentials)
    }

    /// Parts of one upload are lost when another write of the same object ends before it does, which then throws `notFound`:
    /// it has to be begun anew.
    public var capabilities: StoreCapabilities {
        var can = StoreCapabilities()
        can.conditionalPut = true
        can.conditionalCopy = true
        can.conditionalComplete = true
        can.conditionalDelete = true
        can.serverCopy = true
        can.partCopy = .ranges
        can.maximumPartSize = 4000 << 20
        can.maximumParts = 50_000
        can.maximumPut = 5000 << 20
        can.maximumCopy = 5000 << 20
        can.pageLimit = 5000
        can.checksums = AzureChecksums.verified
        can.keepsMetadata = true
        // Where folders are real, they are walked. Of an account of which nobody knows, to believe it would be to lose keys.
        can.listsInOrder = facts.isHierarchical == false
        can.listsFromAnywhere = false
        can.keepsFolders = facts.isHierarchical != false
        if facts.hasMoves { can.atomicRename = .objectsAndFolders }
        return can
    }

    public func mayAskAgain() -> Bool { client.mayRepeat(meter) }

    // MARK: Requests

    func request(
        _ method: HTTPMethod, _ key: ObjectKey?, _ query: [(name: String, value: String?)] = [],
        headers: HTTPHeaders = [:], body: ByteSource? = nil
    ) -> HTTPRequest {
        request(method, at: site.address(key, query), headers: headers, body: body)
    }

    func request(
        _ method: HTTPMethod, at address: HTTPAddress, headers: HTTPHeaders = [:], body: ByteSource? = nil
    ) -> HTTPRequest {
        var headers = headers
        headers.add(settings.headers)
        var request = HTTPRequest(method, address, headers: headers, body: body, isIdempotent: true)
        request.trust = settings.trust
        request.meter = meter
        return request
    }

    /// The answer if it is a success.
    func send(
        _ request: HTTPRequest, _ task: String, broken: StoreError.Code = .conditionFailed
    ) async throws(StoreError) -> HTTPResponse {
        let response = try await sendAny(request, task)
        guard response.isSuccess else { throw failure(response, task, broken: broken) }
        return response
    }

    /// The answer, whatever it is.
    func sendAny(
        _ request: HTTPRequest, _ task: String, retrying policy: RetryPolicy? = nil
    ) async throws(StoreError) -> HTTPResponse {
        do throws(HTTPError) {
            let response = try await client.send(request, to: service, retrying: policy)
            facts.learn(response.headers)
            return response
        } catch {
            if error.code == .unauthorized, let failure = service.credentialFailure { throw failure }
            throw StoreError(error, task)
        }
    }

    func failure(
        _ response: HTTPResponse, _ task: String, broken: StoreError.Code = .conditionFailed
    ) -> StoreError {
        AzureFailure(
            container: site.container, credential: service.lastUsed, owner: service.credentials.name,
            now: Timestamp.secondsNow
        ).error(AzureErrorAnswer(response), task, broken: broken)
    }

    /// Of an answer that should have been a document, or should have said something.
    func problem(_ problem: XMLProblem, _ task: String, _ response: HTTPResponse) -> StoreError {
        StoreError(
            .inputOutput, "\(task): the answer cannot be understood: \(problem.message.printable)", isRetryable: true,
            requestID: AzureErrorAnswer(response).requestID, status: response.status)
    }

    /// Names of blobs are text of at most 1024 characters, as C# counts them.
    func check(_ key: ObjectKey) throws(StoreError) {
        guard let text = key.exactText else {
            throw StoreError(.invalid, "\(key.shown): Azure's names of objects are UTF-8")
        }
        guard !text.isEmpty, text.utf16.count <= 1024 else {
            throw StoreError(.invalid, "\(key.shown): Azure's names of objects have between 1 and 1024 characters")
        }
    }
}
