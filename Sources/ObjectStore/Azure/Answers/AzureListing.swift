import Checksums
import Platform
import Signing

/// A page of List Blobs as it comes out of its document.
final class AzureListing: XMLHandler {
    private(set) var objects: [ObjectInfo] = []
    private(set) var prefixes: [ObjectKey] = []
    /// What marks folders, by names without a slash.
    private(set) var markers: [ObjectInfo] = []
    private(set) var marker: String?

    var folders: [ObjectKey] { markers.map(\.key) }

    private var isListing = false
    private var place = Place.elsewhere
    private var isEncoded = false
    private var key: ObjectKey = ""
    private var object = ListedBlob()

    /// In a blob there are properties and metadata, which may have the same names.
    private enum Place { case elsewhere, object, properties, metadata, prefix }

    init(_ document: [UInt8]) throws(XMLProblem) {
        objects.reserveCapacity(1000)
        try XMLReader.read(document, self)
        guard isListing else { throw XMLProblem(message: "this is no listing") }
    }

    func begin(_ name: XMLName, depth: Int) {
        switch (depth, name) {
        case (1, "EnumerationResults"): isListing = true
        case (3, "Blob"):
            place = .object
            object = ListedBlob()
        case (3, "BlobPrefix"): place = .prefix
        case (4, "Name"): isEncoded = false
        case (4, "Properties") where place == .object: place = .properties
        case (4, "Metadata") where place == .object: place = .metadata
        default: break
        }
    }

    /// Names that no document can hold are percent-encoded, and say so.
    func attribute(_ name: XMLName, _ value: XMLName) {
        if case "Encoded" = name, case "true" = value { isEncoded = true }
    }

    func end(_ name: XMLName, depth: Int, text: UnsafeRawBufferPointer) {
        switch (depth, place) {
        case (2, _):
            if case "NextMarker" = name, !text.isEmpty { marker = String(decoding: text, as: UTF8.self) }
        case (3, .object):
            if object.isFolder { markers.append(object.info(key)) } else { objects.append(object.info(key)) }
            place = .elsewhere
        case (3, .prefix):
            prefixes.append(key)
            place = .elsewhere
        case (4, .properties), (4, .metadata): place = .object
        case (4, .object), (4, .prefix): if case "Name" = name { key = named(text) }
        case (5, .properties): object.note(name, text)
        case (5, .metadata): object.note(name.text, String(decoding: text, as: UTF8.self))
        default: break
        }
    }

    private func named(_ text: UnsafeRawBufferPointer) -> ObjectKey {
        guard isEncoded, let bytes = PercentEncoding.decoded(String(decoding: text, as: UTF8.self)) else {
            return ObjectKey(text)
        }
        return ObjectKey(bytes)
    }
}

/// What a listing says of one blob.
private struct ListedBlob {
    private var size = 0
    private var modified = 0
    private var version = ObjectVersion("")
    private var metadata = ObjectMetadata()
    private var checksums: [Checksum] = []
    private var tier: String?
    private var isDirectory = false

    var isFolder: Bool { isDirectory || AzureMetadata.isFolder(metadata) }

    func info(_ key: ObjectKey) -> ObjectInfo {
        var info = ObjectInfo(
            key: key, size: size, modified: FileTime(seconds: modified, nanoseconds: 0), version: version,
            metadata: metadata, checksums: checksums, storageClass: tier, isArchived: tier == "Archive")
        info.checksumAlgorithm = checksums.first?.algorithm
        return info
    }

    /// A property. There are many of which nothing has to be known.
    mutating func note(_ name: XMLName, _ text: UnsafeRawBufferPointer) {
        var string: String { String(decoding: text, as: UTF8.self) }
        switch name {
        case "Content-Length": size = Int(string) ?? 0
        case "Etag": version = ObjectVersion(entityTag: text)
        case "Last-Modified": modified = HTTPDate.seconds(string) ?? 0
        case "Content-Type": metadata.contentType = text.isEmpty ? nil : string
        case "Content-MD5": checksums = Checksum(.md5, base64: string).map { [$0] } ?? []
        case "AccessTier": tier = string
        case "ResourceType": isDirectory = string == "directory"
        default: break
        }
    }

    /// Metadata.
    mutating func note(_ name: String, _ value: String) {
        AzureMetadata.add(name, value, to: &metadata)
    }
}
