import Checksums
import JSON
import Platform

/// The names of an upload in parts, all below the store's prefix for parts and the upload's id.
struct GCSParts {
    /// As many as other stores take; three compositions deep, of which the service allows any number.
    static let most = 10_000
    /// So many objects make one at a time.
    static let atOnce = 32

    let folder: ObjectKey

    /// The id may come from a journal that somebody else wrote: it must name nothing but an upload.
    init(_ upload: Upload, below prefix: ObjectKey) throws(StoreError) {
        guard RandomID.isOne(upload.id) else {
            throw StoreError(.invalid, "\(upload.id.printable) is no upload's name")
        }
        folder = prefix + ObjectKey(upload.id + "/")
    }

    /// Is there as long as the upload is.
    var mark: ObjectKey { folder + "begun" }

    func part(_ number: Int) -> ObjectKey { folder + ObjectKey("part-\(number)") }

    /// What some parts were put together to.
    func joint(_ level: Int, _ number: Int) -> ObjectKey { folder + ObjectKey("joint-\(level)-\(number)") }
}

/// An object that others are made of.
struct GCSPiece {
    var key: ObjectKey
    var version: ObjectVersion
    var size: Int
    var crc32c: Checksum?

    init(_ part: UploadedPart, of parts: GCSParts) {
        key = parts.part(part.number)
        version = ObjectVersion(part.tag)
        size = part.size
        if part.checksum?.algorithm == .crc32c { crc32c = part.checksum }
    }

    init(_ object: GCSObject) {
        key = object.key
        version = object.version
        size = object.size
        crc32c = object.crc32c
    }

    /// As a composition names it.
    var source: JSONValue { ["name": .string(key.exactText ?? ""), "generation": .string(version.text)] }
}

extension [GCSPiece] {
    var size: Int { reduce(0) { $0 + $1.size } }

    /// Of all of them one behind the other, when each is known.
    var crc32c: Checksum? { combined(map { ($0.crc32c, $0.size) }) }
}

extension [UploadedPart] {
    var crc32c: Checksum? { combined(map { ($0.checksum, $0.size) }) }
}

private func combined(_ parts: [(checksum: Checksum?, size: Int)]) -> Checksum? {
    var combined = CombinedChecksum(.crc32c)
    for part in parts {
        guard let checksum = part.checksum, checksum.algorithm == .crc32c else { return nil }
        combined?.append(checksum, size: part.size)
    }
    return combined?.checksum
}
