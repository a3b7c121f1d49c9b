import Foundation
import HTTP
import Platform
import Signing

extension GoogleStorage {
    public func url(of bucket: String) -> String { "gs://" + bucket }

    /// Nobody asks the machine that the tests run on who it is.
    public var credentials: [String: String] { ["NO_GCE_CHECK": "true"] }

    /// Where tokens are looked at, a provider has the key file of a service account; emulators are named by the variable that
    /// is theirs, and asked by nobody in particular.
    public func place(onPort port: Int, in folder: TemporaryFolder) throws -> [String: String] {
        let place = "http://127.0.0.1:\(port)"
        guard let account else { return ["STORAGE_EMULATOR_HOST": place] }
        let (key, providers) = (folder.path("account.json"), folder.path("google-\(port).yaml"))
        // Somebody may be reading them already.
        if !Files.isThere(providers) {
            try Files.write(account.content, to: Array(key.utf8))
            let provider = "{provider: google, endpoint: \"\(place)\", credentials: \"\(key)\"}"
            try Files.write("providers: {lab: \(provider)}\n", to: providers)
        }
        return ["PROVISION_PROVIDERS": providers]
    }

    public func removeBucket(_ bucket: String) async throws { try await ask(.delete, "/storage/v1/b/\(bucket)") }

    public func put(_ key: String, _ body: [UInt8], metadata: [String: String], in bucket: String) async throws {
        try await put(key, body, metadata.isEmpty ? [:] : ["metadata": metadata], in: bucket)
    }

    /// Of which is said that gzip has packed it.
    public func put(_ key: String, packed body: [UInt8], in bucket: String) async throws {
        try await put(key, body, ["contentType": "text/plain", "contentEncoding": "gzip"], in: bucket)
    }

    private func put(_ key: String, _ body: [UInt8], _ description: [String: Any], in bucket: String) async throws {
        let query = [QueryItem("uploadType", "media"), QueryItem("name", key)].encoded
        try await ask(.post, "/upload/storage/v1/b/\(bucket)/o", query, body: body)
        guard !description.isEmpty else { return }
        let document = try JSONSerialization.data(withJSONObject: description)
        try await ask(.put, Self.path(key, bucket), body: Array(document))
    }

    public func delete(_ key: String, in bucket: String) async throws { try await ask(.delete, Self.path(key, bucket)) }

    public func modified(_ key: String, in bucket: String) async throws -> String? {
        try await ask(.get, Self.path(key, bucket), "alt=media").headers["Last-Modified"]
    }

    /// The parts of unfinished objects have names of their own, each below the object that it will be part of.
    public func uploads(in bucket: String) async throws -> [String] {
        try await names(in: "/storage/v1/b/\(bucket)/o", "prefix=.provision-parts/")
    }

    func names(in path: String, _ query: String = "") async throws -> [String] {
        let answer = try await ask(.get, path, query)
        let listing = try JSONSerialization.jsonObject(with: Data(answer.body)) as? [String: Any]
        return (listing?["items"] as? [[String: Any]] ?? []).compactMap { $0["name"] as? String }
    }

    private static func path(_ key: String, _ bucket: String) -> String {
        "/storage/v1/b/\(bucket)/o/\(PercentEncoding.component(key))"
    }

    @discardableResult
    func ask(
        _ method: HTTPMethod, _ path: String, _ query: String = "", body: [UInt8]? = nil
    ) async throws -> HTTPResponse {
        let address = HTTPAddress(isSecure: false, host: "127.0.0.1", port: port, path: path, query: query)
        var request = HTTPRequest(method, address, body: body.map { .bytes($0) })
        if let token { request.headers["Authorization"] = "Bearer " + token }
        let response = try await client.send(request, to: PlainHTTPService())
        guard response.isSuccess else {
            throw ServerFailure(what: "\(method) \(path): \(String(decoding: response.body, as: UTF8.self))")
        }
        return response
    }
}
