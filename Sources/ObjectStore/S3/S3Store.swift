import Checksums
public import HTTP
import Platform

/// A bucket of S3, or of any service that speaks its protocol.
public struct S3Store: ObjectStore {
    let site: S3Site
    let settings: S3Settings
    let client: HTTPClient
    let service: S3Service
    let meter: HTTPMeter?
    let facts: S3Facts

    /// No request is made before the first call.
    public init(
        _ site: S3Site, _ settings: S3Settings = S3Settings(), credentials: any AWSCredentialSource,
        client: HTTPClient, meter: HTTPMeter? = nil
    ) {
        self.site = site
        self.settings = settings
        self.client = client
        self.meter = meter
        facts = S3Facts(settings.server ?? S3Server(site), isCertain: settings.server != nil)
        service = S3Service(site, settings, credentials) {
            await Self.findRegion(of: site, settings.trust, client, meter)
        }
    }

    /// Of an unknown server these are few, and become more with the first answer that says which it is.
    public var capabilities: StoreCapabilities { facts.server.capabilities }

    /// The region that requests are signed for, once it is known.
    public var region: String? { service.region.known }

    public func mayAskAgain() -> Bool { client.mayRepeat(meter) }

    /// Asks for nothing but the bucket, which tells whether it is there, and what server has it.
    public func check() async throws(StoreError) {
        _ = try await list(ListRequest(limit: 1))
    }

    // MARK: Requests

    func request(
        _ method: HTTPMethod, _ key: ObjectKey?, _ query: [(name: String, value: String?)] = [],
        headers: HTTPHeaders = [:], body: ByteSource? = nil
    ) -> HTTPRequest {
        var headers = headers
        headers.add(settings.headers)
        // Its host is put in when it is signed.
        let address = site.address(key, query, region: settings.region ?? S3Region.usual)
        var request = HTTPRequest(method, address, headers: headers, body: body, isIdempotent: true)
        request.trust = settings.trust
        request.meter = meter
        return request
    }

    /// The answer if it is a success.
    func send(
        _ request: HTTPRequest, _ task: String, condition: S3Failure.Condition = .ofWrite
    ) async throws(StoreError) -> HTTPResponse {
        let response = try await sendAny(request, task)
        guard response.isSuccess, !S3ErrorAnswer.isHidden(in: response) else {
            throw failure(response, task, condition)
        }
        return response
    }

    /// The answer, whatever it is.
    func sendAny(_ request: HTTPRequest, _ task: String) async throws(StoreError) -> HTTPResponse {
        var request = request
        try await addHashes(to: &request, task)
        do throws(HTTPError) {
            let response = try await client.send(request, to: service)
            facts.learn(response.headers)
            return response
        } catch {
            if error.code == .unauthorized, let failure = service.credentialFailure { throw failure }
            throw StoreError(error, task)
        }
    }

    func failure(_ response: HTTPResponse, _ task: String, _ condition: S3Failure.Condition) -> StoreError {
        S3Failure.error(
            S3ErrorAnswer(response), task, bucket: site.bucket, identity: service.identity, condition: condition)
    }

    /// Of an answer that should have been a document.
    func problem(_ problem: XMLProblem, _ task: String, _ response: HTTPResponse) -> StoreError {
        StoreError(
            .inputOutput, "\(task): the answer cannot be understood: \(problem.message.printable)", isRetryable: true,
            requestID: S3ErrorAnswer.requestID(response.headers), status: response.status)
    }

    /// Keys are text to S3, of at most 1024 bytes.
    func check(_ key: ObjectKey) throws(StoreError) {
        guard !key.isEmpty, key.bytes.count <= 1024 else {
            throw StoreError(.invalid, "\(key.shown): S3's keys have between 1 and 1024 bytes")
        }
        guard key.exactText != nil else { throw StoreError(.invalid, "\(key.shown): S3's keys are UTF-8") }
    }

    /// AWS says where a bucket is to everybody, even if it says nothing else.
    private static func findRegion(
        of site: S3Site, _ trust: TLSTrust, _ client: HTTPClient, _ meter: HTTPMeter?
    ) async -> String? {
        var request = HTTPRequest(.head, site.address(nil, region: S3Region.usual))
        request.trust = trust
        request.meter = meter
        var policy = RetryPolicy()
        policy.attempts = 3
        let response = try? await client.send(request, to: PlainHTTPService(), retrying: policy)
        return response?.headers["x-amz-bucket-region"].flatMap { S3Site.isLabel($0) ? $0 : nil }
    }
}
