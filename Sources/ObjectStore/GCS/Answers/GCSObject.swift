import Checksums
import JSON
import Platform

/// An object as documents describe it. Numbers that may be large are strings there.
struct GCSObject {
    /// What of it is asked for.
    static let fields = "name,generation,size,timeCreated,crc32c,md5Hash,storageClass"
    /// And of an object for itself.
    static let allFields = fields + ",contentType,metadata," + kept.joined(separator: ",")
    /// What a copy has as well, although nobody here knows of it: objects that are stored packed, for one, would be unreadable
    /// without.
    static let kept = ["contentEncoding", "contentDisposition", "contentLanguage", "cacheControl"]

    let key: ObjectKey
    let size: Int
    let version: ObjectVersion
    private let document: JSONValue

    /// Nothing for what lacks a name, or what tells its versions apart.
    init?(_ document: JSONValue) {
        guard let name = document["name"]?.text, let generation = document["generation"]?.text, !generation.isEmpty,
            let size = Int(document["size"]?.text ?? "0"), size >= 0
        else { return nil }
        key = ObjectKey(name)
        self.size = size
        version = ObjectVersion(generation)
        self.document = document
    }

    var crc32c: Checksum? { document["crc32c"]?.text.flatMap { Checksum(.crc32c, base64: $0) } }
    /// Objects that were put together of others have none.
    var md5: Checksum? { document["md5Hash"]?.text.flatMap { Checksum(.md5, base64: $0) } }

    /// Of both that are known; the cheaper one first.
    var checksums: [Checksum] { [crc32c, md5].compactMap { $0 } }

    func checksum(_ algorithm: Checksum.Algorithm) -> Checksum? { checksums.first { $0.algorithm == algorithm } }

    /// Beside type and metadata.
    var keptMembers: [JSONValue.Member] {
        Self.kept.compactMap { name in document[name].map { JSONValue.Member(name, $0) } }
    }

    var info: ObjectInfo {
        // That of its bytes: `updated` changes with all that is only about it.
        let created = document["timeCreated"]?.text.flatMap { FileTime(rfc3339: $0) }
        var info = ObjectInfo(
            key: key, size: size, modified: created ?? FileTime(seconds: 0, nanoseconds: 0), version: version,
            metadata: GCSMetadata.metadata(document), checksums: checksums,
            storageClass: document["storageClass"]?.text)
        info.checksumAlgorithm = info.checksums.first?.algorithm
        return info
    }
}
