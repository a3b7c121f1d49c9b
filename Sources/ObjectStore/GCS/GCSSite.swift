public import HTTP
import Signing

/// One bucket of Google Cloud Storage, and how its addresses are made.
public struct GCSSite: Sendable, Hashable {
    /// Where the service is; its path has no slash at its end.
    public let service: HTTPAddress
    public let bucket: String

    public init(bucket: String, service: HTTPAddress = .googleStorage) {
        self.bucket = bucket
        var service = service
        while service.path.hasSuffix("/") { service.path.removeLast() }
        service.query = ""
        self.service = service
    }

    /// A service that somebody names, as `STORAGE_EMULATOR_HOST` does: a URL, or a host with a port, which is asked without TLS.
    public init(bucket: String, serviceAt text: String) throws(StoreError) {
        do throws(HTTPError) {
            let address = try HTTPAddress(parsing: text.contains("://") ? text : "http://" + text)
            self.init(bucket: bucket, service: address)
        } catch {
            throw StoreError(.invalid, error.message)
        }
    }

    /// The bucket, or what is known of it under a name.
    func bucket(_ part: String? = nil, _ query: [QueryItem] = []) -> HTTPAddress {
        address("/storage/v1/b/" + PercentEncoding.component(bucket) + (part.map { "/" + $0 } ?? ""), query)
    }

    /// An object; `action` is what is to be done with it, with another object's name if it takes one.
    func object(_ key: ObjectKey, _ action: String? = nil, _ query: [QueryItem] = []) -> HTTPAddress {
        bucket("o/" + Self.name(key) + (action.map { "/" + $0 } ?? ""), query)
    }

    /// A folder of a bucket with a hierarchy of them; its name ends in a slash.
    func folder(_ key: ObjectKey, _ action: String? = nil) -> HTTPAddress {
        bucket("folders/" + Self.name(key) + (action.map { "/" + $0 } ?? ""))
    }

    /// What the service does in its own time.
    func operation(_ id: String) -> HTTPAddress { bucket("operations/" + PercentEncoding.component(id)) }

    /// Where new objects go.
    func upload(_ query: [QueryItem]) -> HTTPAddress {
        address("/upload/storage/v1/b/" + PercentEncoding.component(bucket) + "/o", query)
    }

    /// A slash in a key is no slash of the path.
    static func name(_ key: ObjectKey) -> String { PercentEncoding.component(key.bytes) }

    private func address(_ path: String, _ query: [QueryItem]) -> HTTPAddress {
        var address = service
        address.path += path
        address.query = query.encoded
        return address
    }
}

extension HTTPAddress {
    public static var googleStorage: HTTPAddress { HTTPAddress(isSecure: true, host: "storage.googleapis.com") }
}
