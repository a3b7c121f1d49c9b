import Glibc
import HTTP
import Platform
public import Signing

/// A real S3 server for tests, started with the first test that asks for it.
public final class TestBucketServer: BucketServer {
    public static let accessKeyID = "AKIDTEST"
    public static let secretAccessKey = "SECRETTEST"
    /// The user of servers whose users tests can name.
    public static let owner = AWSCredentials(accessKeyID: accessKeyID, secretAccessKey: secretAccessKey)
    /// The same person's other key.
    public static let second = AWSCredentials(accessKeyID: "AKIDSECOND", secretAccessKey: "SECRETSECOND")
    /// Somebody else, who may do nothing with the owner's buckets.
    public static let stranger = AWSCredentials(accessKeyID: "AKIDOTHER", secretAccessKey: "SECRETOTHER")

    public let port: Int
    /// What signatures have to be for.
    public let region: String
    /// Whoever makes a bucket here unless a test says otherwise.
    public let user: AWSCredentials
    private let process: ServerProcess
    private let client = HTTPClient()

    init(_ process: ServerProcess, port: Int, region: String = "us-east-1", user: AWSCredentials = owner) {
        self.process = process
        self.port = port
        self.region = region
        self.user = user
    }

    /// A new bucket of somebody else, or one with headers.
    public func makeBucket(_ headers: [String: String] = [:], as owner: AWSCredentials?) async throws -> String {
        let name = "test-" + String(UInt64.random(in: .min ... .max), radix: 36)
        try await makeBucket(name, headers, as: owner)
        return name
    }

    public func makeBucket(
        _ name: String, _ headers: [String: String] = [:], as owner: AWSCredentials? = nil
    ) async throws {
        var once = RetryPolicy()
        once.attempts = 1
        _ = try await ask(.put, "/\(name)", headers, as: owner, retrying: once)
    }

    public func makeBucket(named name: String) async throws { try await makeBucket(name) }

    /// Sends a signed request. Written anew and not the store's own: what a test compares with must not come from what it
    /// tests.
    func ask(
        _ method: HTTPMethod, _ path: String, query: String? = nil, _ headers: [String: String] = [:],
        body: [UInt8] = [], as owner: AWSCredentials? = nil, retrying policy: RetryPolicy? = nil
    ) async throws -> HTTPResponse {
        let address = HTTPAddress(
            isSecure: false, host: "127.0.0.1", port: port, path: path, query: query.map { $0 + "=" } ?? "")
        let signable = SignableRequest(
            method: method.rawValue, host: address.authority, path: path,
            query: query.map { [QueryItem($0, "")] } ?? [],
            headers: headers.map { (name: $0.key, value: $0.value) }, payload: body.isEmpty ? .empty : .unsigned)
        var request = HTTPRequest(method, address, body: body.isEmpty ? nil : .bytes(body))
        for (name, value) in headers { request.headers[name] = value }
        for (name, value) in SigV4(region: region).headers(for: signable, credentials: owner ?? user, at: time(nil)) {
            request.headers[name] = value
        }
        let response = try await client.send(request, to: PlainHTTPService(), retrying: policy)
        guard response.isSuccess else {
            throw ServerFailure(what: "\(method) \(path): \(String(decoding: response.body, as: UTF8.self))")
        }
        return response
    }

    /// Ready is who makes a bucket.
    func waitUntilReady(seconds: Int) async throws {
        let end = ContinuousClock.now + .seconds(seconds)
        while true {
            do {
                return try await makeBucket("ready")
            } catch {
                guard ContinuousClock.now < end, process.isRunning else {
                    process.kill()
                    throw ServerFailure(what: "not ready: \(error)\n\(process.log)")
                }
                try await Task.sleep(for: .milliseconds(100))
            }
        }
    }
}

/// What a copy needs one of each of, as policies call it.
public enum BucketRight: String, Sendable {
    case read = "s3:GetObject"
    case list = "s3:ListBucket"
}

public struct ServerFailure: Error {
    public let what: String
}

public typealias SharedServer = StartedOnce<TestBucketServer>
