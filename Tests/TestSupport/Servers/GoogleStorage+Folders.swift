import Foundation
import HTTP
import Signing

/// Buckets with a hierarchy of folders.
extension GoogleStorage {
    public static let folders: Properties = ["hierarchicalNamespace": ["enabled": true]]

    /// Who may see to the folders of a bucket.
    public enum FolderRights: String, Sendable, CaseIterable {
        /// Nobody, as everybody is told who asks.
        case denied
        /// Nobody, as it turns out.
        case refused
        /// Nobody has ever heard of them.
        case unknown, unimplemented
    }

    /// Who may move objects in one step there.
    public enum MoveRights: String, Sendable, CaseIterable {
        /// Nobody, as everybody is told who asks, or as it turns out.
        case denied, refused
    }

    /// A new one. What it does in its own time takes so long, and fails with a code of `google.rpc.Code` if one is given.
    public func makeBucketWithFolders(
        taking milliseconds: Int = 0, failing code: Int = 0, _ rights: FolderRights? = nil,
        moves: MoveRights? = nil, readersPay: Bool = false
    ) async throws -> String {
        var properties = Self.folders
        properties["labels"] = ["operations-take": String(milliseconds), "operations-fail": String(code)]
        if let rights { properties["labels"]?["folder-rights"] = rights.rawValue }
        if let moves { properties["labels"]?["move-rights"] = moves.rawValue }
        if readersPay { properties["billing"] = ["requesterPays": true] }
        return try await makeBucket(properties)
    }

    public func makeFolder(_ name: String, in bucket: String) async throws {
        let body = try JSONSerialization.data(withJSONObject: ["name": name])
        try await ask(.post, "/storage/v1/b/\(bucket)/folders", "recursive=true", body: Array(body))
    }

    /// Those that are there, with something in them or not.
    public func folders(in bucket: String) async throws -> [String] {
        try await names(in: "/storage/v1/b/\(bucket)/folders")
    }
}
