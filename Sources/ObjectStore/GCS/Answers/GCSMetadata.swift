import Checksums
import HTTP
import JSON
import Platform

/// Content type and user metadata in documents, and in the headers of what is read.
enum GCSMetadata {
    private static let prefix: StaticString = "x-goog-meta-"

    /// What a document says of them; `more` is what else an object is to have.
    static func members(_ metadata: ObjectMetadata) throws(StoreError) -> [JSONValue.Member] {
        var members: [JSONValue.Member] = []
        if let type = metadata.contentType {
            guard HeaderText.isPlain(type) else { throw StoreError(.invalid, "\(type.printable) is no content type") }
            members.append(.init("contentType", .string(type)))
        }
        guard !metadata.user.isEmpty else { return members }
        var user: [JSONValue.Member] = []
        for (name, value) in metadata.user.sorted(by: { $0.key < $1.key }) {
            guard !name.isEmpty else { throw StoreError(.invalid, "metadata without a name") }
            user.append(.init(name.lowercased(), .string(value)))
        }
        members.append(.init("metadata", .object(user)))
        return members
    }

    static func metadata(_ document: JSONValue) -> ObjectMetadata {
        var metadata = ObjectMetadata(contentType: document["contentType"]?.text)
        guard case .object(let members)? = document["metadata"] else { return metadata }
        for member in members { metadata.user[member.name.lowercased()] = member.value.text }
        return metadata
    }

    static func metadata(_ headers: HTTPHeaders) -> ObjectMetadata {
        var metadata = ObjectMetadata(contentType: headers["Content-Type"])
        for line in headers.lines(beginning: prefix) where line.name.utf8.count > prefix.utf8CodeUnitCount {
            let name = line.name.lowercased().dropFirst(prefix.utf8CodeUnitCount)
            metadata.user[String(name)] = line.value
        }
        return metadata
    }

    /// Those of the whole object, also where a range of it was read: `x-goog-hash: crc32c=AAAAAA==,md5=…`, in one line or two.
    static func checksums(_ headers: HTTPHeaders) -> [Checksum] {
        let items = headers.lines(beginning: "x-goog-hash").flatMap { $0.value.split(separator: ",") }
        func checksum(_ algorithm: Checksum.Algorithm) -> Checksum? {
            let mark = algorithm.rawValue + "="
            let item = items.lazy.map { $0.trimmingPrefix(while: { $0 == " " }) }.first { $0.hasPrefix(mark) }
            return item.flatMap { Checksum(algorithm, base64: String($0.dropFirst(mark.count))) }
        }
        return [checksum(.crc32c), checksum(.md5)].compactMap { $0 }
    }
}
