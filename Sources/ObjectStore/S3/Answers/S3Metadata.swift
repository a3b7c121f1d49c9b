import Checksums
import HTTP
import Platform

/// Content type and user metadata as headers.
enum S3Metadata {
    private static let prefix: StaticString = "x-amz-meta-"

    static func headers(_ metadata: ObjectMetadata) throws(StoreError) -> HTTPHeaders {
        var headers: HTTPHeaders = [:]
        if let type = metadata.contentType {
            guard isPlain(type) else { throw StoreError(.invalid, "\(type.printable) is no content type") }
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

    static func isPlain(_ text: String) -> Bool { text.utf8.allSatisfy { $0 >= 0x20 && $0 < 0x7F } }

    /// What header names are made of.
    private static func isOfToken(_ byte: UInt8) -> Bool {
        byte > 0x20 && byte < 0x7F && !"\"(),/:;<=>?@[\\]{}".utf8.contains(byte)
    }
}

/// Text that headers cannot hold as it is (RFC 2047). AWS hands out other text in this form too, and takes UTF-8 that it
/// is given for Latin-1.
enum EncodedWord {
    static func encoded(_ text: String) -> String {
        let isSafe =
            S3Metadata.isPlain(text) && text.first != " " && text.last != " " && !text.hasPrefix("=?")
        return isSafe ? text : "=?UTF-8?B?" + Base64.text(of: Array(text.utf8)) + "?="
    }

    static func decoded(_ text: String) -> String {
        guard text.hasPrefix("=?"), text.hasSuffix("?="), text.utf8.count >= 8 else { return text }
        let parts = text.dropFirst(2).dropLast(2).split(separator: "?", omittingEmptySubsequences: false)
        guard parts.count == 3, parts[0].lowercased() == "utf-8" else { return text }
        let bytes =
            switch parts[1] {
            case "B", "b": Base64.bytes(of: String(parts[2]))
            case "Q", "q": quoted(parts[2])
            default: [UInt8]?.none
            }
        return bytes.flatMap { String(validating: $0, as: UTF8.self) } ?? text
    }

    private static func quoted(_ text: Substring) -> [UInt8] {
        // The same as in forms, with other signs.
        var bytes = text.utf8.map { byte in
            switch byte {
            case UInt8(ascii: "_"): UInt8(ascii: "+")
            case UInt8(ascii: "="): UInt8(ascii: "%")
            default: byte
            }
        }
        FormEncoding.decode(&bytes)
        return bytes
    }
}
