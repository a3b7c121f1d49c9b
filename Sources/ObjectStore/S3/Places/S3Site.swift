import HTTP
import Signing

/// One bucket and how its addresses are made.
public struct S3Site: Sendable, Hashable {
    public enum Place: Sendable, Hashable {
        case vendor(S3Vendor)
        /// Whatever somebody has named; AWS's own hosts too.
        case endpoint(S3Endpoint)
    }

    public var place: Place
    public var bucket: String
    /// The bucket stands in the path (`host/bucket/key`), else before the host (`bucket.host/key`).
    public var usesPathStyle: Bool
    /// Of Amazon's own hosts, where no endpoint is named.
    public var variant = AWSVariant()

    /// `usesPathStyle`: nothing leaves it to what the service and the bucket's name allow.
    public init(_ place: Place, bucket: String, usesPathStyle: Bool? = nil) {
        self.place = place
        self.bucket = bucket
        self.usesPathStyle = usesPathStyle ?? !Self.mayBePartOfHost(bucket, place)
    }

    /// Only hosts that answer to any name before theirs, and with a certificate for it, which has no dot in that name.
    private static func mayBePartOfHost(_ bucket: String, _ place: Place) -> Bool {
        switch place {
        // It has no other style.
        case .vendor(.coreweave): true
        case .vendor(.amazon): isLabel(bucket)
        case .vendor: false
        case .endpoint(let endpoint):
            endpoint.isCoreWeaves || endpoint.isAmazons && !endpoint.isAddress && isLabel(bucket)
        }
    }

    /// Whether the name is a single label of a host's name.
    static func isLabel(_ name: String) -> Bool {
        (1...63).contains(name.utf8.count) && name.first != "-" && name.last != "-"
            && name.utf8.allSatisfy { byte in
                (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte)
                    || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) || byte == UInt8(ascii: "-")
            }
    }

    public func endpoint(region: String) -> S3Endpoint {
        switch place {
        case .vendor(let vendor): vendor.endpoint(region: region, variant)
        case .endpoint(let endpoint): endpoint
        }
    }

    /// The region that is asked in before anybody has told another.
    public func region(stated: String?, usual: String?) -> String {
        stated ?? impliedRegion ?? usual ?? S3Region.usual
    }

    /// The region that is known without asking.
    var impliedRegion: String? {
        switch place {
        // Amazon's usual one is a guess.
        case .vendor(.amazon): nil
        case .vendor(let vendor): vendor.usualRegion
        case .endpoint(let endpoint): endpoint.impliedRegion
        }
    }

    /// A bucket of AWS that may be in a region other than the one asked, and then is asked for in its own.
    var findsRegion: Bool { place == .vendor(.amazon) }

    /// Nothing stands for the bucket itself. The key goes into the path as it is: `a//b` and `../c` are names like others.
    func address(_ key: ObjectKey?, _ query: [(name: String, value: String?)] = [], region: String) -> HTTPAddress {
        let endpoint = endpoint(region: region)
        var path = endpoint.basePath + "/"
        if usesPathStyle { path += PercentEncoding.path(bucket) + "/" }
        if let key {
            path += PercentEncoding.path(key.bytes)
        } else if usesPathStyle {
            path.removeLast()
        }
        return HTTPAddress(
            isSecure: endpoint.isSecure, host: usesPathStyle ? endpoint.host : bucket + "." + endpoint.host,
            port: endpoint.port, path: path, query: Self.text(query))
    }

    /// In the order in which signatures want it.
    private static func text(_ query: [(name: String, value: String?)]) -> String {
        query.filter { $0.value != nil }
            .map { (PercentEncoding.component($0.name), PercentEncoding.component($0.value ?? "")) }
            .sorted { $0 < $1 }.map { $0 + "=" + $1 }.joined(separator: "&")
    }
}
