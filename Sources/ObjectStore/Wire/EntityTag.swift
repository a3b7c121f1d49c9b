import Checksums
import Platform

/// ETags are versions. Some servers leave out the quotes in listings, so that none are kept.
extension ObjectVersion {
    init(entityTag text: some Collection<UInt8>) {
        var text = Array(text)[...]
        // A server in between that changes the transfer, but not the object, makes it weak.
        if text.starts(with: "W/\"".utf8) { text = text.dropFirst(2) }
        if text.count >= 2, text.first == UInt8(ascii: "\""), text.last == UInt8(ascii: "\"") {
            text = text.dropFirst().dropLast()
        }
        self.init(String(decoding: text, as: UTF8.self))
    }

    init?(entityTag header: String?) {
        guard let header, !header.isEmpty else { return nil }
        self.init(entityTag: Array(header.utf8))
    }

    /// As conditions have it. Versions come from journals as well, which anybody may have written.
    var condition: String {
        get throws(StoreError) {
            guard HeaderText.isPlain(text), !text.contains("\"") else {
                throw StoreError(.invalid, "\(text.printable) is no ETag")
            }
            return "\"\(text)\""
        }
    }

    /// The MD5 of the content, if this has the form of one: those of objects that came in parts have not.
    var md5: Checksum? { Checksum(.md5, hex: text) }

    /// The same of an object that came in parts.
    var compositeMD5: CompositeChecksum? { CompositeChecksum(text) { Checksum(.md5, hex: $0) } }
}
