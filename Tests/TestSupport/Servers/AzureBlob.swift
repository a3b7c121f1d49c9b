public import HTTP
public import Platform
public import Signing

/// Azure's blob storage as `azure-blob.py` imitates it, with Microsoft's own signer as the judge of who may do what. Started
/// with the first test that asks for it; every test has a container of its own. One server has two accounts.
public final class AzureBlob: BucketServer {
    private static let python = PythonTools.path("python")
    private static let script = #filePath.replacing("AzureBlob.swift", with: "azure-blob.py")
    public static let isHere =
        (try? Program.run([python, "-c", "import azure.storage.blob, azure.storage.extensions.checksums.crc64"]))?
        .status == 0
    public static let absence = "azure-storage-blob is not in .tools/python: run script/setup"

    public static let account = "testaccount"
    /// With a hierarchical namespace: folders are real.
    public static let treeAccount = "treeaccount"
    /// The bytes from 0 to 63.
    public static let keyText =
        "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8gISIjJCUmJygpKissLS4vMDEyMzQ1Njc4OTo7PD0+Pw=="
    public static let token = "good-token"

    public let port: Int
    public let account: String
    public let key: SharedKey
    private let process: ServerProcess
    private let client = HTTPClient()

    public static let shared = StartedOnce<AzureBlob> { try await start() }
    public static let tree = StartedOnce<AzureBlob> {
        let flat = try await shared.server
        return try AzureBlob(flat.process, port: flat.port, account: treeAccount)
    }

    private static func start() async throws -> AzureBlob {
        let port = try FreePorts.take(1)[0]
        let words = "exec '\(python)' -B '\(script)' \(port) \(account) \(treeAccount) '\(keyText)' \(token)\n"
        let server = try AzureBlob(ServerProcess(words, in: TemporaryFolder()), port: port, account: account)
        let end = ContinuousClock.now + .seconds(60)
        while true {
            do {
                _ = try await server.makeContainer()
                return server
            } catch {
                guard ContinuousClock.now < end, server.process.isRunning else {
                    server.process.kill()
                    throw ServerFailure(what: "not ready: \(error)\n\(server.process.log)")
                }
                try await Task.sleep(for: .milliseconds(100))
            }
        }
    }

    private init(_ process: ServerProcess, port: Int, account: String) throws {
        guard let key = SharedKey(account: account, base64: Self.keyText) else {
            throw ServerFailure(what: "the key of the tests is none")
        }
        self.process = process
        self.port = port
        self.account = account
        self.key = key
    }

    /// Where the account's blobs are: as emulators have it, and, of the one with folders, as Azure has it.
    public var service: HTTPAddress { service(onPort: port) }

    public func service(onPort port: Int) -> HTTPAddress {
        account == Self.treeAccount
            ? HTTPAddress(isSecure: false, host: "\(account).blob.localhost", port: port, path: "")
            : HTTPAddress(isSecure: false, host: "127.0.0.1", port: port, path: "/" + account)
    }

    /// A new container, empty, under a name of its own; `visibility` is `blob` or `container` for what everybody may see.
    public func makeContainer(visibility: String? = nil) async throws -> String {
        guard let visibility else { return try await makeBucket() }
        let name = "test-" + String(UInt64.random(in: .min ... .max), radix: 36)
        try await ask(.put, "/\(name)", "restype=container", ["x-ms-blob-public-access": visibility])
        return name
    }

    /// Sends a request with the account's key. Written anew and not the store's own: what a test compares with must not come
    /// from what it tests. Path and query are encoded already.
    @discardableResult
    public func ask(
        _ method: HTTPMethod, _ path: String, _ query: String = "", _ headers: [String: String] = [:],
        body: [UInt8]? = nil, at time: Int = Timestamp.secondsNow
    ) async throws -> HTTPResponse {
        var address = service
        address.path += path
        address.query = query
        var request = HTTPRequest(method, address, body: body.map { .bytes($0) })
        let common = ["x-ms-date": HTTPDate.text(time), "x-ms-version": "2021-12-02"]
        for (name, value) in headers.merging(common, uniquingKeysWith: { $1 }) { request.headers[name] = value }
        var signed = request.headers.lines.map { (name: $0.name, value: $0.value) }
        signed.append((name: "Content-Length", value: String(body?.count ?? 0)))
        request.headers["Authorization"] = key.authorization(
            method: method.rawValue, path: address.path, query: [QueryItem](encoded: query), headers: signed)
        var once = RetryPolicy()
        once.attempts = 1
        let response = try await client.send(request, to: PlainHTTPService(), retrying: once)
        guard response.isSuccess else {
            throw ServerFailure(
                what: "\(method) \(path): \(response.status) \(response.headers["x-ms-error-code"] ?? "")")
        }
        return response
    }
}
