/// A request in the one form in which both sides hash it.
struct CanonicalRequest {
    private(set) var bytes: [UInt8] = []
    /// Where their names stand, as a signature lists them.
    let signedHeaders: Range<Int>

    /// The query and the headers come with all that signing adds.
    init(
        _ request: SignableRequest, isPathNormalized: Bool, query: [QueryItem], headers: SignedHeaders,
        payload: SignableRequest.Payload
    ) {
        bytes.reserveCapacity(1024)
        bytes.append(request.method)
        bytes.append(Self.newline)
        if isPathNormalized {
            bytes.append(contentsOf: Self.normalized(request.path))
        } else {
            bytes.append(request.path.isEmpty ? "/" : request.path)
        }
        bytes.append(Self.newline)
        query.appendCanonical(to: &bytes)
        bytes.append(Self.newline)
        headers.appendLines(to: &bytes)
        bytes.append(Self.newline)
        let start = bytes.count
        headers.appendNames(to: &bytes)
        signedHeaders = start..<bytes.count
        bytes.append(Self.newline)
        bytes.append(payload.text)
    }

    private static let newline = UInt8(ascii: "\n")

    /// The path as services other than S3 sign it: without empty and dot segments, and encoded once more.
    static func normalized(_ path: String) -> [UInt8] {
        var segments: [Substring] = []
        for segment in path.utf8.split(separator: PercentEncoding.slash) {
            if segment.elementsEqual("..".utf8) {
                _ = segments.popLast()
            } else if !segment.elementsEqual(".".utf8) {
                segments.append(Substring(segment))
            }
        }
        var normalized: [UInt8] = []
        for segment in segments {
            normalized.append(PercentEncoding.slash)
            PercentEncoding.append(String(segment), to: &normalized)
        }
        if segments.isEmpty || path.utf8.last == PercentEncoding.slash { normalized.append(PercentEncoding.slash) }
        return normalized
    }
}
