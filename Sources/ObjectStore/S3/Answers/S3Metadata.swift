import HTTP
import Platform

/// Content type and user metadata as headers.
enum S3Metadata {
    private static let prefix: StaticString = "x-amz-meta-"

    static func headers(_ metadata: ObjectMetadata) throws(StoreError) -> HTTPHeaders {
        var headers: HTTPHeaders = [:]
        if let type = metadata.contentType {
            guard HeaderText.isPlain(type) else { throw StoreError(.invalid, "\(type.printable) is no content type") }
            headers["Content-Type"] = type
        }
        for (name, value) in metadata.user.sorted(by: { $0.key < $1.key }) {
            guard !name.isEmpty, name.utf8.allSatisfy(isOfToken) else {
                throw StoreError(.invalid, "\(name.printable) cannot be a name of metadata")
            }
            headers["\(prefix)\(name.lowercased())"] = EncodedWord.encoded(value)
        }
        return headers
    }

    static func metadata(_ headers: HTTPHeaders) -> ObjectMetadata {
        var metadata = ObjectMetadata(contentType: headers["Content-Type"])
        for line in headers.lines(beginning: prefix) where line.name.utf8.count > prefix.utf8CodeUnitCount {
            let name = line.name.lowercased().dropFirst(prefix.utf8CodeUnitCount)
            metadata.user[String(name)] = EncodedWord.decoded(line.value)
        }
        return metadata
    }

    /// What header names are made of.
    private static func isOfToken(_ byte: UInt8) -> Bool {
        byte > 0x20 && byte < 0x7F && !"\"(),/:;<=>?@[\\]{}".utf8.contains(byte)
    }
}
