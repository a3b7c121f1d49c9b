/// Headers in the order in which they are signed, names in lower case. One that comes several times is one with several
/// values, in the order in which they are sent.
struct SignedHeaders {
    private struct Field {
        let name: String
        let value: String
    }

    private var fields: [Field] = []

    /// Those that are added have names in lower case.
    init(_ headers: [(name: String, value: String)], host: String, added: [(name: String, value: String)] = []) {
        fields.reserveCapacity(headers.count + added.count + 1)
        for header in headers {
            let isLower = header.name.utf8.allSatisfy { !(UInt8(ascii: "A")...UInt8(ascii: "Z") ~= $0) }
            insert(isLower ? header.name : header.name.lowercased(), header.value)
        }
        insert("host", host)
        for header in added { insert(header.name, header.value) }
    }

    /// There are few, and this keeps the order of equal names.
    private mutating func insert(_ name: String, _ value: String) {
        var index = fields.count
        fields.append(Field(name: name, value: value))
        while index > 0, name < fields[index - 1].name {
            fields.swapAt(index, index - 1)
            index -= 1
        }
    }

    /// With semicolons between them.
    func appendNames(to names: inout [UInt8]) {
        for index in fields.indices where index == 0 || fields[index].name != fields[index - 1].name {
            if index > 0 { names.append(UInt8(ascii: ";")) }
            names.append(fields[index].name)
        }
    }

    /// A line for each name.
    func appendLines(to lines: inout [UInt8]) {
        for index in fields.indices {
            if index > 0 && fields[index].name == fields[index - 1].name {
                lines.append(UInt8(ascii: ","))
            } else {
                if index > 0 { lines.append(UInt8(ascii: "\n")) }
                lines.append(fields[index].name)
                lines.append(UInt8(ascii: ":"))
            }
            var value = fields[index].value
            value.withUTF8 { Self.append(trimmed: $0, to: &lines) }
        }
        lines.append(UInt8(ascii: "\n"))
    }

    /// Without spaces at the ends, and with one where there are several.
    private static func append(trimmed value: UnsafeBufferPointer<UInt8>, to line: inout [UInt8]) {
        let space = UInt8(ascii: " ")
        // Most values have none at all; session tokens are long. Without a way out of the loop it runs on vectors.
        var least = UInt8.max
        for byte in value { least = min(least, byte) }
        if least > space {
            line.append(contentsOf: value)
            return
        }
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
}
