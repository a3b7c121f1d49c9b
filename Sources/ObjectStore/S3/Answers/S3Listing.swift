import Checksums
import Platform

/// A page of ListObjects, of the second version or the first, as it comes out of its document.
///
/// Listings are long, so that little is allocated for a key: its bytes and its version. The names of storage classes are
/// few and shared.
final class S3Listing: XMLHandler {
    private(set) var page = ListPage()
    /// Of the second version.
    private(set) var nextToken: String?
    /// Of the first version, and there only with groups.
    private(set) var nextMarker: ObjectKey?
    private(set) var isTruncated = false

    private var isListing = false
    private var isEncoded = false
    private var place = Place.elsewhere
    private var object = S3ListedObject()
    private var storageClass: String?

    /// Whether it says what has been restored.
    private let tellsRestoration: Bool
    private let now = FileTime.now.seconds

    private enum Place { case elsewhere, object, prefix }

    init(_ document: [UInt8], tellsRestoration: Bool = false) throws(XMLProblem) {
        self.tellsRestoration = tellsRestoration
        page.objects.reserveCapacity(1000)
        try XMLReader.read(document, self)
        guard isListing else { throw XMLProblem(message: "this is no listing") }
        if isEncoded { decode() }
    }

    func begin(_ name: XMLName, depth: Int) {
        switch depth {
        case 1:
            // OpenStack Swift, MinIO and others all call it so.
            if case "ListBucketResult" = name { isListing = true }
        case 2:
            switch name {
            case "Contents":
                place = .object
                object = S3ListedObject()
            case "CommonPrefixes": place = .prefix
            default: place = .elsewhere
            }
        default: break
        }
    }

    func end(_ name: XMLName, depth: Int, text: UnsafeRawBufferPointer) {
        switch (depth, place) {
        case (2, .object):
            page.objects.append(object.info(at: now, tellsRestoration: tellsRestoration))
            place = .elsewhere
        case (2, .prefix): place = .elsewhere
        case (2, .elsewhere): noteAboutPage(name, text)
        case (3, .object): noteAboutObject(name, text)
        case (3, .prefix): if case "Prefix" = name { page.prefixes.append(ObjectKey(text)) }
        case (4, .object): if case "RestoreExpiryDate" = name { object.isRestored = true }
        default: break
        }
    }

    private func noteAboutPage(_ name: XMLName, _ text: UnsafeRawBufferPointer) {
        switch name {
        case "IsTruncated": isTruncated = text.elementsEqual("true".utf8)
        case "NextContinuationToken": nextToken = String(decoding: text, as: UTF8.self)
        case "NextMarker": nextMarker = ObjectKey(text)
        case "EncodingType": isEncoded = text.elementsEqual("url".utf8)
        default: break
        }
    }

    private func noteAboutObject(_ name: XMLName, _ text: UnsafeRawBufferPointer) {
        switch name {
        case "Key": object.key = ObjectKey(text)
        case "Size": object.size = Int(String(decoding: text, as: UTF8.self)) ?? 0
        case "ETag": object.version = ObjectVersion(entityTag: text)
        case "LastModified": object.modified = FileTime(rfc3339: text)
        case "StorageClass":
            if storageClass.map({ text.elementsEqual($0.utf8) }) != true {
                storageClass = String(decoding: text, as: UTF8.self)
            }
            object.storageClass = storageClass
        case "ChecksumAlgorithm":
            object.checksum = S3Checksums.algorithms.first { text.elementsEqual(S3Checksums.name($0).utf8) }
        case "ChecksumType": object.isComposite = text.elementsEqual("COMPOSITE".utf8)
        default: break
        }
    }

    /// Some servers write their tokens as text that a document cannot hold, and what comes out names another place.
    var hasBrokenToken: Bool {
        guard let nextToken, nextToken.unicodeScalars.contains("\u{FFFD}") else { return false }
        let last = page.objects.last?.key ?? page.prefixes.last
        return last?.exactText?.unicodeScalars.contains("\u{FFFD}") != true
    }

    /// Whether keys are encoded is known for certain only at the end.
    private func decode() {
        for index in page.objects.indices { FormEncoding.decode(&page.objects[index].key.bytes) }
        for index in page.prefixes.indices { FormEncoding.decode(&page.prefixes[index].bytes) }
        if var marker = nextMarker {
            FormEncoding.decode(&marker.bytes)
            nextMarker = marker
        }
    }
}

/// What a listing says of one object.
private struct S3ListedObject {
    var key: ObjectKey = ""
    var size = 0
    var modified: FileTime?
    var version = ObjectVersion("")
    var storageClass: String?
    var checksum: Checksum.Algorithm?
    var isComposite = false
    var isRestored = false

    func info(at now: Int, tellsRestoration: Bool) -> ObjectInfo {
        var info = ObjectInfo(
            key: key, size: size, modified: modified ?? FileTime(seconds: 0, nanoseconds: 0), version: version,
            storageClass: storageClass, isArchived: S3StorageClass.isArchive(storageClass) && !isRestored)
        info.checksumAlgorithm = isComposite ? nil : checksum
        info.isArchivalUncertain = S3StorageClass.leavesDoubt(
            storageClass, isRestored: tellsRestoration || isRestored ? isRestored : nil,
            age: now - info.modified.seconds)
        return info
    }
}
