import Foundation

/// What a request is for, in the words of each cloud's protocol.
extension ReceivedRequest {
    private var path: Substring { target.prefix { $0 != "?" } }

    /// Of the objects in a bucket.
    public var isListing: Bool {
        let isGoogles = path.hasPrefix("/storage/v1/b/") && path.hasSuffix("/o")
        return method == "GET" && (target.contains("list-type=2") || target.contains("comp=list") || isGoogles)
    }

    /// Of an object's bytes.
    public var isRead: Bool {
        let isGoogles = path.hasPrefix("/storage/v1/")
        let isAbout =
            target.contains("restype=") || target.contains("resource=") || isGoogles && !target.contains("alt=media")
        return method == "GET" && !isListing && !isAbout
    }

    /// What stands last in the path, decoded: all of a key, or what is behind its last slash. Google's uploads have it in the query.
    public var key: String {
        if path.hasPrefix("/upload/"), let name = query["name"] { return name }
        return path.split(separator: "/").last?.removingPercentEncoding ?? ""
    }

    private var query: [String: String] {
        let items = target.split(separator: "?", maxSplits: 1).dropFirst().first?.split(separator: "&") ?? []
        return Dictionary(
            items.map { item in
                let parts = item.split(separator: "=", maxSplits: 1)
                return (String(parts[0]), parts.dropFirst().first?.removingPercentEncoding ?? "")
            }, uniquingKeysWith: { first, _ in first })
    }

    // MARK: Writing

    /// Of anything in a bucket.
    public var isWrite: Bool { ["PUT", "POST", "PATCH", "DELETE"].contains(method) }

    /// Which part of an object it carries. Google has no parts: there they are objects, named after their number.
    public var partNumber: Int? {
        let query = query
        if let number = query["partNumber"] { return Int(number) }
        if query["comp"] == "block", let id = query["blockid"].flatMap({ Data(base64Encoded: $0) }) {
            return String(decoding: id, as: UTF8.self).split(separator: "-").dropFirst().first.flatMap { Int($0) }
        }
        return path.hasPrefix("/upload/") && key.contains("/part-")
            ? key.split(separator: "-").last.flatMap { Int($0) } : nil
    }

    /// Of an object in parts, before the first. Only S3 has it as a step of its own.
    public var isBeginning: Bool { method == "POST" && query["uploads"] != nil }

    /// Of an object to another one, by the server, where a move is one as well; of the key that it is to have.
    public var copyTarget: String? {
        if let target = path.split(separator: "/rewriteTo/").dropFirst().first {
            return target.split(separator: "/").last?.removingPercentEncoding
        }
        let sources = ["x-amz-copy-source", "x-ms-copy-source", "x-ms-rename-source"]
        return sources.contains { self[$0] != nil } ? key : nil
    }

    /// Of an object or a folder to another name, in one step; the name that it is to have.
    public var renameTarget: String? {
        for word in ["/moveTo/o/", "/renameTo/folders/"] {
            if let name = path.split(separator: word).dropFirst().first { return name.removingPercentEncoding }
        }
        return nil
    }

    /// Of objects.
    public var isDeletion: Bool { method == "DELETE" || method == "POST" && query["delete"] != nil }

    /// Of an object that comes as a whole.
    public var isWholeObject: Bool {
        let isUpload = method == "PUT" || method == "POST" && path.hasPrefix("/upload/")
        return isUpload && partNumber == nil && copyTarget == nil && !isCompletion && query["comp"] == nil
            && query["uploads"] == nil && !key.hasPrefix(".provision-parts/")
    }

    /// Of parts to an object.
    public var isCompletion: Bool {
        let isS3s = method == "POST" && query["uploadId"] != nil
        let isGoogles = path.hasPrefix("/storage/v1/") && path.hasSuffix("/compose")
        return isS3s || isGoogles || query["comp"] == "blocklist" && method == "PUT"
    }
}
