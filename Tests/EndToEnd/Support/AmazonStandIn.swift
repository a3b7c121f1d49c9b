import Foundation
import Synchronization
import TestSupport

/// A bucket `data` on a server that says it is Amazon's: for what no server here has, such as archives and encryption with a
/// key of one's own.
struct AmazonStandIn: Sendable {
    var objects: [String: Object]
    /// What it calls itself; nothing for one that does not say.
    var name: String? = "AmazonS3"
    /// Where the bucket is; nothing where regions do not matter.
    var home: Home?
    let log = Log()

    struct Object: Sendable {
        var bytes: [UInt8]
        /// Its ETag.
        var tag = "one"
        var storageClass = "STANDARD"
        var restoration = Restoration.never
        /// Where it is that tiers objects by itself: an archive, when it says one.
        var tier: String?
        var modified = "2026-11-20T10:00:00.000Z"
        /// More of what answers about it say.
        var headers: [String: String] = [:]

        init(_ bytes: [UInt8]) {
            self.bytes = bytes
        }

        init(_ text: String) {
            self.init(Array(text.utf8))
        }

        var isReadable: Bool {
            restoration == .done || tier == nil && !["GLACIER", "DEEP_ARCHIVE"].contains(storageClass)
        }
    }

    /// Of what is in an archive, to where it can be read.
    enum Restoration: Sendable { case never, underWay, done }

    /// What it was asked, in order.
    final class Log: Sendable {
        private let kept = Mutex<[ReceivedRequest]>([])

        var requests: [ReceivedRequest] { kept.withLock { $0 } }

        fileprivate func note(_ request: ReceivedRequest) { kept.withLock { $0.append(request) } }
    }

    /// Somebody's who asks there.
    static func environment(_ endpoint: String) -> [String: String] {
        [
            "AWS_ENDPOINT_URL_S3": endpoint, "AWS_ACCESS_KEY_ID": "AKIDOFTESTSABCDEFGH",
            "AWS_SECRET_ACCESS_KEY": "hush-hush", "AWS_EC2_METADATA_DISABLED": "true",
        ]
    }

    func serve(identity: TLSIdentity? = nil) throws -> ScriptedServer {
        try ScriptedServer(identity: identity) { request, connection in try answer(request, connection) }
    }

    func answer(_ request: ReceivedRequest, _ connection: ScriptedConnection) throws {
        log.note(request)
        if let home, try home.turnsAway(request, connection) { return }
        let path = request.target.prefix { $0 != "?" }
        // Amazon has the bucket in the name of the host.
        let isInHost = request["Host"]?.hasPrefix("data.") == true
        let key = String(path.dropFirst(isInHost ? 1 : "/data/".count))
        guard key.isEmpty else { return try answer(key, request, connection) }
        try connection.answer(200, name.map { ["Server": $0] } ?? [:], listing(request))
    }

    private func answer(_ key: String, _ request: ReceivedRequest, _ connection: ScriptedConnection) throws {
        guard let object = objects[key] else { return try refuse(404, "NoSuchKey", request, connection) }
        guard object.isReadable || request.method == "HEAD" else {
            return try refuse(403, "InvalidObjectState", request, connection)
        }
        var file = WebFile(object.bytes)
        file.tag = "\"\(object.tag)\""
        file.headers = object.headers
        file.headers["Server"] = name
        if object.storageClass != "STANDARD" { file.headers["x-amz-storage-class"] = object.storageClass }
        file.headers["x-amz-archive-status"] = object.tier
        switch object.restoration {
        case .never: break
        case .underWay: file.headers["x-amz-restore"] = "ongoing-request=\"true\""
        case .done:
            file.headers["x-amz-restore"] = "ongoing-request=\"false\", expiry-date=\"Fri, 21 Dec 2035 00:00:00 GMT\""
        }
        try file.answer(request, connection)
    }

    private func refuse(
        _ status: Int, _ code: String, _ request: ReceivedRequest, _ connection: ScriptedConnection
    ) throws {
        let body = request.method == "HEAD" ? "" : "<Error><Code>\(code)</Code><Message>No.</Message></Error>"
        try connection.answer(status, name.map { ["Server": $0] } ?? [:], body)
    }

    // MARK: Listings

    private func listing(_ request: ReceivedRequest) -> String {
        let query = request.target.drop { $0 != "?" }.dropFirst().split(separator: "&")
        let prefix = query.first { $0.hasPrefix("prefix=") }?.dropFirst("prefix=".count).removingPercentEncoding ?? ""
        // Only who asks for it is told.
        let tellsRestoration = request["x-amz-optional-object-attributes"] == "RestoreStatus"
        let elements = objects.sorted { $0.key < $1.key }.filter { $0.key.hasPrefix(prefix) }.map { key, object in
            element(key, object, tellsRestoration)
        }
        return "<ListBucketResult><IsTruncated>false</IsTruncated>\(elements.joined())</ListBucketResult>"
    }

    private func element(_ key: String, _ object: Object, _ tellsRestoration: Bool) -> String {
        let restoration =
            switch object.restoration {
            case .underWay where tellsRestoration:
                "<RestoreStatus><IsRestoreInProgress>true</IsRestoreInProgress></RestoreStatus>"
            case .done where tellsRestoration:
                "<RestoreStatus><IsRestoreInProgress>false</IsRestoreInProgress>"
                    + "<RestoreExpiryDate>2035-12-21T00:00:00.000Z</RestoreExpiryDate></RestoreStatus>"
            default: ""
            }
        return "<Contents><Key>\(key)</Key><LastModified>\(object.modified)</LastModified>"
            + "<ETag>&quot;\(object.tag)&quot;</ETag><Size>\(object.bytes.count)</Size>"
            + "<StorageClass>\(object.storageClass)</StorageClass>\(restoration)</Contents>"
    }
}
