import Glibc
import HTTP
import Signing

/// A real S3 server for tests, started with the first test that asks for it.
public final class TestBucketServer: Sendable {
    public static let accessKeyID = "AKIDTEST"
    public static let secretAccessKey = "SECRETTEST"

    public let port: Int
    private let process: ServerProcess
    private let client = HTTPClient()

    init(_ process: ServerProcess, port: Int) {
        self.process = process
        self.port = port
    }

    /// A new bucket, empty, under a name of its own.
    public func makeBucket() async throws -> String {
        let name = "test-" + String(UInt64.random(in: .min ... .max), radix: 36)
        try await makeBucket(name)
        return name
    }

    private func makeBucket(_ name: String) async throws {
        let address = HTTPAddress(isSecure: false, host: "127.0.0.1", port: port, path: "/\(name)")
        let signable = SignableRequest(method: "PUT", host: address.authority, path: address.path)
        let credentials = AWSCredentials(
            accessKeyID: Self.accessKeyID, secretAccessKey: Self.secretAccessKey)
        var request = HTTPRequest(.put, address)
        for (name, value) in SigV4(region: "us-east-1").headers(for: signable, credentials: credentials, at: time(nil))
        {
            request.headers[name] = value
        }
        var once = RetryPolicy()
        once.attempts = 1
        let response = try await client.send(request, to: PlainHTTPService(), retrying: once)
        guard response.isSuccess else {
            throw ServerFailure(what: "no bucket: \(String(decoding: response.body, as: UTF8.self))")
        }
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

public struct ServerFailure: Error {
    public let what: String
}

/// Starts a server once for all tests of a process that ask for it.
public struct SharedServer: Sendable {
    private let starting: Task<TestBucketServer, any Error>

    /// A port may have been taken meanwhile: another attempt takes others.
    init(_ start: @escaping @Sendable () async throws -> TestBucketServer) {
        starting = Task.detached {
            for _ in 0..<2 {
                if let server = try? await start() { return server }
            }
            return try await start()
        }
    }

    public var server: TestBucketServer {
        get async throws { try await starting.value }
    }
}
