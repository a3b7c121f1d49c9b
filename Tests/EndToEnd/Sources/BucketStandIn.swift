import Foundation
import TestSupport

/// A bucket `data` that lists, in pages, and reads: enough of S3 for verbs that ask.
struct BucketStandIn {
    var objects: [String: String] = ["a.txt": "1234", "d/b.txt": "56", "d/e/c.txt": "7", "z.txt": "89"]
    var pageSize = 1000
    /// The status of refusals, by what is asked.
    var refusesList: Int?
    var refusesGet: Int?

    func serve() throws -> ScriptedServer {
        try ScriptedServer { request, connection in try answer(request, connection) }
    }

    static func environment(_ server: ScriptedServer) -> [String: String] {
        [
            "AWS_ENDPOINT_URL_S3": "http://127.0.0.1:\(server.port)", "AWS_ACCESS_KEY_ID": "AKIDOFTESTSABCDEFGH",
            "AWS_SECRET_ACCESS_KEY": "hush-hush", "AWS_REGION": "eu-west-1",
        ]
    }

    private func answer(_ request: ReceivedRequest, _ connection: ScriptedConnection) throws {
        let parts = request.target.split(separator: "?", maxSplits: 1)
        let path = String(parts[0])
        guard path.hasPrefix("/data") else { return try refuse(404, "NoSuchBucket", request, connection) }
        let key = String(path.dropFirst("/data/".count))
        guard key.isEmpty else { return try answer(key, request, connection) }
        if let refusesList { return try refuse(refusesList, "AccessDenied", request, connection) }
        try connection.answer(200, [:], list(parts.count > 1 ? String(parts[1]) : ""))
    }

    private func answer(_ key: String, _ request: ReceivedRequest, _ connection: ScriptedConnection) throws {
        if let refusesGet { return try refuse(refusesGet, "AccessDenied", request, connection) }
        guard let text = objects[key] else { return try refuse(404, "NoSuchKey", request, connection) }
        var file = WebFile(text)
        file.tag = "\"tag-\(text)\""
        file.headers = ["Content-Type": "text/plain", "x-amz-meta-by": "tests"]
        try file.answer(request, connection)
    }

    private func refuse(
        _ status: Int, _ code: String, _ request: ReceivedRequest, _ connection: ScriptedConnection
    ) throws {
        let body = request.method == "HEAD" ? "" : "<Error><Code>\(code)</Code><Message>No.</Message></Error>"
        try connection.answer(status, [:], body)
    }

    private func list(_ query: String) -> String {
        var parameters: [String: String] = [:]
        for item in query.split(separator: "&") {
            let pair = item.split(separator: "=", maxSplits: 1).map(String.init)
            parameters[pair[0]] = pair.count > 1 ? pair[1].removingPercentEncoding ?? "" : ""
        }
        let prefix = parameters["prefix"] ?? ""
        var entries: [(key: String, isPrefix: Bool)] = []
        for key in objects.keys.sorted() where key.hasPrefix(prefix) {
            let rest = key.dropFirst(prefix.count)
            if parameters["delimiter"] == "/", let slash = rest.firstIndex(of: "/") {
                let group = prefix + rest[...slash]
                if entries.last?.key != group { entries.append((group, true)) }
            } else {
                entries.append((key, false))
            }
        }
        let start = parameters["continuation-token"].flatMap { Int($0) } ?? 0
        let limit = min(pageSize, parameters["max-keys"].flatMap { Int($0) } ?? 1000)
        let page = entries.dropFirst(start).prefix(limit)
        let isCut = start + page.count < entries.count
        let items = page.map { entry in
            entry.isPrefix
                ? "<CommonPrefixes><Prefix>\(entry.key)</Prefix></CommonPrefixes>"
                : "<Contents><Key>\(entry.key)</Key><LastModified>2026-11-20T10:00:00.000Z</LastModified>"
                    + "<ETag>\"tag-\(objects[entry.key] ?? "")\"</ETag><Size>\(objects[entry.key]?.utf8.count ?? 0)</Size>"
                    + "<StorageClass>STANDARD</StorageClass></Contents>"
        }
        let next = isCut ? "<NextContinuationToken>\(start + page.count)</NextContinuationToken>" : ""
        return "<ListBucketResult><IsTruncated>\(isCut)</IsTruncated>\(next)\(items.joined())</ListBucketResult>"
    }
}
