import Checksums

/// The document that makes an object of parts.
enum S3Parts {
    static func document(_ parts: [UploadedPart]) -> [UInt8] {
        var text = "<CompleteMultipartUpload xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">"
        for part in parts {
            let tag = XMLEscape.escaped("\"\(part.tag)\"") ?? ""
            text += "<Part><PartNumber>\(part.number)</PartNumber><ETag>\(tag)</ETag>"
            if let checksum = part.checksum, checksum.algorithm != .md5 {
                let name = S3Checksums.element(checksum.algorithm)
                text += "<\(name)>\(checksum.base64)</\(name)>"
            }
            text += "</Part>"
        }
        return Array((text + "</CompleteMultipartUpload>").utf8)
    }

    /// The ETag that most servers give it: the MD5 of the parts' MD5s, and their number. Nothing when these are no MD5s.
    static func tag(_ parts: [UploadedPart]) -> ObjectVersion? {
        var digests: [UInt8] = []
        for part in parts {
            guard let digest = Checksum(.md5, hex: part.tag) else { return nil }
            digests += digest.bytes
        }
        return (try? Checksum(.md5, of: digests)).map { ObjectVersion("\($0.hex)-\(parts.count)") }
    }
}
