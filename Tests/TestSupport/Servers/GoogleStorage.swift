import Foundation
import HTTP
import Platform

/// A server of Google Cloud Storage's JSON API: ours, which is strict (`google-storage.py`), or somebody else's.
public final class GoogleStorage: BucketServer {
    /// May do everything.
    public static let token = "owner"
    /// May read everything.
    public static let reader = "reader"

    public static let python = PythonTools.path("python")
    public static let isHere =
        (try? Program.run([
            python, "-c", "import google.auth.jwt, google_crc32c, google.cloud.storage, googleapiclient",
        ]))?.status == 0
    public static let absence = "Google's own clients are not in .tools/python: run script/setup"
    private static let script = #filePath.replacing("GoogleStorage.swift", with: "google-storage.py")

    public static let shared = StartedOnce<GoogleStorage> { try await start() }
    /// One whose clock is more than an hour ahead of this machine's.
    public static let ahead = StartedOnce<GoogleStorage> { try await start(secondsAhead: 4000) }

    private static func start(secondsAhead: Int = 0) async throws -> GoogleStorage {
        let folder = try TemporaryFolder()
        let account = try ServiceAccountFile(in: folder)
        let port = try FreePorts.take(1)[0]
        let process = try ServerProcess(
            "exec '\(python)' '\(script)' \(port) \(token),\(reader) '\(account.certificate)' \(secondsAhead)\n",
            in: folder)
        let server = GoogleStorage(process, port: port, token: token, account: account)
        try await server.waitUntilReady(seconds: 60)
        return server
    }

    public let port: Int
    /// Of whoever makes buckets.
    public let token: String?
    /// One that is believed, where tokens are looked at.
    public let account: ServiceAccountFile?
    /// Its buckets have a hierarchy of folders unless something else is said.
    private let hasFolders: Bool
    private let process: ServerProcess
    let client = HTTPClient()

    init(_ process: ServerProcess, port: Int, token: String?, account: ServiceAccountFile? = nil) {
        self.process = process
        self.port = port
        self.token = token
        self.account = account
        hasFolders = false
    }

    private init(withFolders server: GoogleStorage) {
        process = server.process
        port = server.port
        token = server.token
        account = server.account
        hasFolders = true
    }

    /// The same server.
    public static let withFolders = StartedOnce<GoogleStorage> { GoogleStorage(withFolders: try await shared.server) }

    /// A new bucket, empty, under a name of its own.
    public func makeBucket(prefix: String = "test-", _ properties: Properties = [:]) async throws -> String {
        let name = prefix + String(UInt64.random(in: .min ... .max), radix: 36)
        try await makeBucket(named: name, properties)
        return name
    }

    public func makeBucket(named name: String) async throws {
        try await makeBucket(named: name, hasFolders ? Self.folders : [:])
    }

    public typealias Properties = [String: [String: any Sendable]]

    private func makeBucket(
        named name: String, _ properties: Properties, retrying policy: RetryPolicy? = nil
    ) async throws {
        var document: [String: Any] = properties
        document["name"] = name
        let body = try JSONSerialization.data(withJSONObject: document)
        let address = HTTPAddress(
            isSecure: false, host: "127.0.0.1", port: port, path: "/storage/v1/b", query: "project=test")
        var request = HTTPRequest(
            .post, address, headers: ["Content-Type": "application/json"], body: .bytes(Array(body)))
        if let token { request.headers["Authorization"] = "Bearer " + token }
        let response = try await client.send(request, to: PlainHTTPService(), retrying: policy)
        guard response.isSuccess else {
            throw ServerFailure(what: "bucket \(name): \(String(decoding: response.body, as: UTF8.self))")
        }
    }

    /// Ready is who makes a bucket.
    func waitUntilReady(seconds: Int) async throws {
        var once = RetryPolicy()
        once.attempts = 1
        let end = ContinuousClock.now + .seconds(seconds)
        while true {
            do {
                return try await makeBucket(named: "ready", [:], retrying: once)
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
