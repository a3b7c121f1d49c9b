extension JSONValue {
    /// One line, for NDJSON.
    public var compact: String {
        var writer = JSONWriter(indentation: nil)
        writer.write(self, depth: 0)
        return writer.text
    }

    /// Indented by two spaces, for files that people read; no newline at the end.
    public var pretty: String {
        var writer = JSONWriter(indentation: "  ")
        writer.write(self, depth: 0)
        return writer.text
    }
}

private struct JSONWriter {
    let indentation: String?
    var text = ""

    init(indentation: String?) {
        self.indentation = indentation
    }

    mutating func write(_ value: JSONValue, depth: Int) {
        switch value {
        case .null: text += "null"
        case .boolean(let flag): text += flag ? "true" : "false"
        case .integer(let number): text += String(number)
        // JSON has no way to write infinity or "not a number".
        case .number(let number): text += number.isFinite ? String(number) : "null"
        case .string(let string): write(quoted: string)
        case .array(let elements):
            writeList("[", elements, "]", depth: depth) { writer, element in
                writer.write(element, depth: depth + 1)
            }
        case .object(let members):
            writeList("{", members, "}", depth: depth) { writer, member in
                writer.write(quoted: member.name)
                writer.text += writer.indentation == nil ? ":" : ": "
                writer.write(member.value, depth: depth + 1)
            }
        }
    }

    private mutating func writeList<Element>(
        _ open: String, _ elements: [Element], _ close: String, depth: Int,
        each: (inout JSONWriter, Element) -> Void
    ) {
        text += open
        for (index, element) in elements.enumerated() {
            if index > 0 { text += "," }
            breakLine(depth: depth + 1)
            each(&self, element)
        }
        if !elements.isEmpty { breakLine(depth: depth) }
        text += close
    }

    private mutating func breakLine(depth: Int) {
        guard let indentation else { return }
        text += "\n" + String(repeating: indentation, count: depth)
    }

    private mutating func write(quoted string: String) {
        text += "\""
        defer { text += "\"" }
        // Nearly all strings need no escapes, and are then copied as they are.
        guard string.utf8.contains(where: { $0 < 0x20 || $0 > 0x7E || $0 == 0x22 || $0 == 0x5C }) else {
            text += string
            return
        }
        for scalar in string.unicodeScalars {
            switch scalar {
            case "\"": text += "\\\""
            case "\\": text += "\\\\"
            case "\n": text += "\\n"
            case "\r": text += "\\r"
            case "\t": text += "\\t"
            // Besides what JSON demands: line separators, which break naive readers of NDJSON, and DEL with the C1 range,
            // which terminals obey.
            case let scalar where scalar.breaksLinesOrTerminals:
                let digits = String(scalar.value, radix: 16)
                text += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
            default: text.unicodeScalars.append(scalar)
            }
        }
    }
}

extension Unicode.Scalar {
    fileprivate var breaksLinesOrTerminals: Bool {
        switch value {
        case 0..<0x20, 0x7F..<0xA0, 0x2028, 0x2029: true
        default: false
        }
    }
}
