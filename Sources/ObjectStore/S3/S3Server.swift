import Checksums
import HTTP

/// The programs that speak S3, as far as what they do differs. Some ignore what they do not know and say yes, so that
/// only what is known to work is used.
public enum S3Server: Sendable, CaseIterable {
    case amazon
    case cloudflare
    case minio
    case seaweedFS
    /// Ceph's RADOS gateway.
    case ceph
    case other

    /// By what it calls itself; nothing when the answer does not say. "cloudflare" it says of whatever is behind that network.
    init?(_ headers: HTTPHeaders) {
        let name = headers["Server"] ?? ""
        if name == "AmazonS3" {
            self = .amazon
        } else if name.hasPrefix("MinIO") {
            self = .minio
        } else if name.hasPrefix("SeaweedFS") {
            self = .seaweedFS
        } else if name.hasPrefix("Ceph") || Self.isCephs(headers) {
            self = .ceph
        } else {
            return nil
        }
    }

    /// Older ones do not say who they are, but number their requests in a way of their own: `tx0000…-0061a-12-default`.
    /// OpenStack Swift's numbers look alike; it has another header beside.
    private static func isCephs(_ headers: HTTPHeaders) -> Bool {
        guard let id = headers["x-amz-request-id"], headers["X-Trans-Id"] == nil else { return false }
        return id.hasPrefix("tx00000") && id.split(separator: "-").count >= 4
    }

    init(_ site: S3Site) {
        switch site.place {
        case .vendor(.amazon): self = .amazon
        case .vendor(.cloudflare): self = .cloudflare
        case .vendor: self = .other
        case .endpoint(let endpoint):
            self = endpoint.isAmazons ? .amazon : endpoint.isCloudflares ? .cloudflare : .other
        }
    }

    public var capabilities: StoreCapabilities {
        var can = StoreCapabilities()
        can.conditionalPut = self != .other
        can.conditionalComplete = [.amazon, .seaweedFS].contains(self)
        can.conditionalDelete = [.amazon, .seaweedFS].contains(self)
        can.conditionalCopy = self == .amazon
        can.serverCopy = true
        can.partCopy = .ranges
        can.minimumPartSize = 5 << 20
        can.maximumPartSize = 5 << 30
        can.maximumParts = 10_000
        can.hasEqualParts = self == .cloudflare
        can.maximumPut = 5 << 30
        can.maximumCopy = 5 << 30
        can.checksums = checksums
        can.keepsMetadata = true
        // Of a server that does not say who it is nobody knows: to believe it would be to lose keys.
        can.listsInOrder = [.amazon, .cloudflare, .minio, .ceph].contains(self)
        return can
    }

    private var checksums: Set<Checksum.Algorithm> {
        switch self {
        case .amazon, .seaweedFS: [.md5, .crc32, .crc32c, .crc64nvme, .sha256]
        case .minio: [.md5, .crc32, .crc32c, .sha256]
        case .cloudflare, .ceph, .other: [.md5]
        }
    }

    /// Whether a copy is refused when the source is not the version that was asked for.
    var checksCopySource: Bool { [.amazon, .seaweedFS, .minio, .cloudflare].contains(self) }

    /// Whether conditions of writes have quotes around the ETag, as they should.
    var wantsQuotes: Bool { self != .ceph }

    /// Whether the ETag of an object that came whole is its MD5, unless the answer says how the object is encrypted. Where this
    /// machine has none it is an ETag like others.
    var tagsAreMD5: Bool { self != .other && Checksum.Algorithm.md5.isAvailable }

    /// Whether that of one that came in parts is made of theirs. MinIO may make up ETags that cost it no MD5, did so in some years
    /// unless it was told not to, and then ends all of them in `-1`, also those of parts and of what came whole.
    var tagsOfPartsAreMD5: Bool { tagsAreMD5 && self != .minio }
}
