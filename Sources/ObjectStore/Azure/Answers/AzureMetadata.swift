import HTTP
import Platform

/// Content type and user metadata as headers.
enum AzureMetadata {
    private static let prefix: StaticString = "x-ms-meta-"
    /// Marks an object that is a folder: its name has no slash at its end, and its content is nothing.
    private static let folderMark = "hdi_isfolder"

    static func headers(_ metadata: ObjectMetadata) throws(StoreError) -> HTTPHeaders {
        var headers: HTTPHeaders = [:]
        if let type = metadata.contentType {
            guard HeaderText.isPlain(type) else { throw StoreError(.invalid, "\(type.printable) is no content type") }
            headers["x-ms-blob-content-type"] = type
        }
        for (name, value) in metadata.user.sorted(by: { $0.key < $1.key }) {
            guard !name.isEmpty, HeaderText.isPlain(name) else {
                throw StoreError(.invalid, "\(name.printable) cannot be a name of metadata")
            }
            // Spaces in a row are one to those who sign, or not.
            let isFolded = value.contains("  ")
            headers["\(prefix)\(AzureName.encoded(name.lowercased()))"] =
                isFolded ? EncodedWord.always(value) : EncodedWord.encoded(value)
        }
        return headers
    }

    static func metadata(_ headers: HTTPHeaders) -> ObjectMetadata {
        var metadata = ObjectMetadata(contentType: headers["Content-Type"])
        for line in headers.lines(beginning: prefix) {
            add(String(line.name.dropFirst(prefix.utf8CodeUnitCount)), line.value, to: &metadata)
        }
        return metadata
    }

    /// A name and a value as headers and listings have them.
    static func add(_ name: String, _ value: String, to metadata: inout ObjectMetadata) {
        guard !name.isEmpty else { return }
        metadata.user[AzureName.decoded(name.lowercased())] = EncodedWord.decoded(value)
    }

    static func isFolder(_ metadata: ObjectMetadata) -> Bool { metadata.user[folderMark]?.lowercased() == "true" }

    /// With what marks a folder, and without.
    static func folder(_ metadata: ObjectMetadata) -> ObjectMetadata {
        var marked = metadata
        marked.user[folderMark] = "true"
        return marked
    }

    static func unmarked(_ metadata: ObjectMetadata) -> ObjectMetadata {
        var metadata = metadata
        metadata.user[folderMark] = nil
        return metadata
    }
}

extension ObjectInfo {
    /// A folder without what marks it.
    var unmarked: ObjectInfo {
        var info = self
        info.metadata = AzureMetadata.unmarked(metadata)
        return info
    }
}

/// Names of metadata have to be identifiers of C# there: letters, digits and underscores, and no digit at the beginning. All
/// else becomes `_x2d_`, with the number of the byte; so do an underscore that would be taken for the beginning of that.
enum AzureName {
    static func encoded(_ name: String) -> String {
        var encoded: [UInt8] = []
        let bytes = Array(name.utf8)
        for (index, byte) in bytes.enumerated() {
            let isKept =
                switch byte {
                case UInt8(ascii: "a")...UInt8(ascii: "z"): true
                case UInt8(ascii: "0")...UInt8(ascii: "9"): index > 0
                case UInt8(ascii: "_"): escaped(bytes[index...]) == nil
                default: false
                }
            if isKept {
                encoded.append(byte)
            } else {
                encoded += "_x".utf8
                encoded += [digits[Int(byte >> 4)], digits[Int(byte & 15)]]
                encoded.append(UInt8(ascii: "_"))
            }
        }
        return String(decoding: encoded, as: UTF8.self)
    }

    /// What is not of our making stays as it is.
    static func decoded(_ name: String) -> String {
        var decoded: [UInt8] = []
        var rest = Array(name.utf8)[...]
        while let byte = rest.first {
            let value = escaped(rest)
            decoded.append(value ?? byte)
            rest = rest.dropFirst(value == nil ? 1 : length)
        }
        let text = String(decoding: decoded, as: UTF8.self)
        return encoded(text) == name ? text : name
    }

    private static let digits = Array("0123456789abcdef".utf8)
    private static let length = 5

    /// The byte that an escape at the beginning stands for.
    private static func escaped(_ text: ArraySlice<UInt8>) -> UInt8? {
        let text = Array(text.prefix(length))
        guard text.count == length, text.starts(with: "_x".utf8), text[4] == UInt8(ascii: "_"),
            let high = digits.firstIndex(of: text[2]), let low = digits.firstIndex(of: text[3])
        else { return nil }
        return UInt8(high << 4 | low)
    }
}
