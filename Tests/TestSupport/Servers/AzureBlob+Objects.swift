import HTTP
import Platform
import Signing

extension AzureBlob {
    public func url(of container: String) -> String { "azure://" + container }

    public var credentials: [String: String] {
        ["AZURE_STORAGE_ACCOUNT": account, "AZURE_STORAGE_KEY": Self.keyText]
    }

    public func place(onPort port: Int, in folder: TemporaryFolder) throws -> [String: String] {
        ["AZURE_STORAGE_BLOB_ENDPOINT": service(onPort: port).text]
    }

    public func makeBucket(named name: String) async throws { try await ask(.put, "/\(name)", "restype=container") }

    public func removeBucket(_ container: String) async throws {
        try await ask(.delete, "/\(container)", "restype=container")
    }

    public func put(_ key: String, _ body: [UInt8], metadata: [String: String], in container: String) async throws {
        var headers = ["x-ms-blob-type": "BlockBlob"]
        for (name, value) in metadata { headers["x-ms-meta-" + name] = value }
        try await ask(.put, Self.path(key, container), "", headers, body: body)
    }

    public func delete(_ key: String, in container: String) async throws {
        try await ask(.delete, Self.path(key, container))
    }

    public func modified(_ key: String, in container: String) async throws -> String? {
        try await ask(.head, Self.path(key, container)).headers["Last-Modified"]
    }

    /// Blobs of blocks that wait, and of nothing else.
    public func uploads(in container: String) async throws -> [String] {
        let query = "restype=container&comp=list&include=uncommittedblobs"
        let answer = String(decoding: try await ask(.get, "/\(container)", query).body, as: UTF8.self)
        return answer.split(separator: "<Blob>").dropFirst().compactMap { blob in
            guard !blob.contains("<Etag>") else { return nil }
            return blob.split(separator: "<Name>").first.map { String($0.prefix { $0 != "<" }) }
        }
    }

    private static func path(_ key: String, _ container: String) -> String {
        "/\(container)/\(PercentEncoding.path(key))"
    }
}
