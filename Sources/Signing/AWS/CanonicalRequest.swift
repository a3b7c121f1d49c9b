/// A request in the one form in which both sides hash it.
struct CanonicalRequest {
    let bytes: [UInt8]
    /// Their names, as a signature lists them.
    let signedHeaders: [UInt8]

    init(
        method: String, path: some Collection<UInt8>, query: [UInt8], headers: [(name: String, value: String)],
        payload: String
    ) {
        let newline = UInt8(ascii: "\n")
        let fields = headers.map { (name: Array($0.name.lowercased().utf8), value: $0.value) }.sortedByName()
        var names: [UInt8] = []
        var lines: [UInt8] = []
        lines.reserveCapacity(1024)
        lines += method.utf8
        lines.append(newline)
        lines += path
        lines.append(newline)
        lines += query
        var previous: [UInt8] = []
        for field in fields {
            if field.name == previous {
                // One that comes several times is one with several values.
                lines.append(UInt8(ascii: ","))
            } else {
                previous = field.name
                if !names.isEmpty { names.append(UInt8(ascii: ";")) }
                names += field.name
                lines.append(newline)
                lines += field.name
                lines.append(UInt8(ascii: ":"))
            }
            Self.append(trimmed: field.value.utf8, to: &lines)
        }
        lines.append(newline)
        lines.append(newline)
        lines += names
        lines.append(newline)
        lines += payload.utf8
        bytes = lines
        signedHeaders = names
    }

    /// Without spaces at the ends, and with one where there are several.
    private static func append(trimmed value: String.UTF8View, to line: inout [UInt8]) {
        let space = UInt8(ascii: " ")
        let start = line.count
        var isSpaceDue = false
        for byte in value {
            if byte == space || 0x09...0x0D ~= byte {
                isSpaceDue = line.count > start
            } else {
                if isSpaceDue { line.append(space) }
                isSpaceDue = false
                line.append(byte)
            }
        }
    }

    /// The path as services other than S3 sign it: without empty and dot segments, and encoded once more.
    static func normalized(_ path: String) -> [UInt8] {
        var segments: [Substring.UTF8View] = []
        for segment in path.utf8.split(separator: PercentEncoding.slash) {
            if segment.elementsEqual("..".utf8) {
                _ = segments.popLast()
            } else if !segment.elementsEqual(".".utf8) {
                segments.append(Substring(segment).utf8)
            }
        }
        var normalized: [UInt8] = []
        for segment in segments {
            normalized.append(PercentEncoding.slash)
            PercentEncoding.append(segment, to: &normalized)
        }
        if segments.isEmpty || path.utf8.last == PercentEncoding.slash { normalized.append(PercentEncoding.slash) }
        return normalized
    }
}

extension [(name: [UInt8], value: String)] {
    /// Those of the same name stay in the order in which they are sent.
    fileprivate func sortedByName() -> Self {
        enumerated().sorted { left, right in
            left.element.name == right.element.name
                ? left.offset < right.offset : left.element.name.lexicographicallyPrecedes(right.element.name)
        }.map(\.element)
    }
}
