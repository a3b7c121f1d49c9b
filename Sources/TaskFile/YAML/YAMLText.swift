/// The bytes of a file, checked before libyaml sees them: its own reader knows no line for a bad byte, and would take
/// UTF-16 without a word.
enum YAMLText {
    /// The text without its byte order mark.
    static func checked(_ bytes: [UInt8]) throws(YAMLProblem) -> ArraySlice<UInt8> {
        guard bytes.count <= YAMLLimits.bytes else {
            throw YAMLProblem(
                message: "the file has \(bytes.count) bytes; at most \(YAMLLimits.bytes) (4 MiB) are read",
                position: .start)
        }
        if bytes.starts(with: [0xFE, 0xFF]) || bytes.starts(with: [0xFF, 0xFE]) || bytes.prefix(2).contains(0) {
            throw YAMLProblem(
                message: "the file is not UTF-8 but looks like UTF-16", hint: "save it as UTF-8", position: .start)
        }
        let text = bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? bytes[3...] : bytes[...]
        if let (offset, complaint) = firstUnreadable(in: text) {
            throw YAMLProblem(
                message: complaint, hint: "save the file as UTF-8 text without control characters",
                position: end(of: text[..<offset]))
        }
        return text
    }

    /// The first byte that is not part of a character YAML allows, and what is wrong with it.
    private static func firstUnreadable(in text: ArraySlice<UInt8>) -> (offset: Int, complaint: String)? {
        var index = text.startIndex
        while index < text.endIndex {
            let byte = text[index]
            if (0x20..<0x7F).contains(byte) || byte == 0x0A || byte == 0x0D || byte == 0x09 {
                index += 1
                continue
            }
            guard let (scalar, length) = scalar(at: index, in: text) else {
                return (index, "byte 0x\(hex(UInt32(byte))) is not UTF-8")
            }
            guard isReadable(scalar) else {
                return (index, "control character U+\(hex(scalar.value, width: 4)) is not allowed")
            }
            index += length
        }
        return nil
    }

    private static func scalar(at index: Int, in text: ArraySlice<UInt8>) -> (Unicode.Scalar, length: Int)? {
        var decoder = Unicode.UTF8()
        var bytes = text[index...].prefix(4).makeIterator()
        guard case .scalarValue(let scalar) = decoder.decode(&bytes) else { return nil }
        return (scalar, UTF8.width(scalar))
    }

    private static func isReadable(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0x85, 0xA0...0xD7FF, 0xE000...0xFFFD, 0x10000...0x10FFFF: true
        default: false
        }
    }

    /// Behind the last character.
    static func end(of text: some Collection<UInt8>) -> Position {
        var position = Position.start
        var previous: UInt8 = 0
        for byte in text {
            if byte == 0x0A && previous == 0x0D {
                // The second half of CRLF.
            } else if byte == 0x0A || byte == 0x0D {
                position = Position(line: position.line + 1, column: 1)
            } else if byte & 0xC0 != 0x80 {
                position.column += 1
            }
            previous = byte
        }
        return position
    }

    private static func hex(_ value: UInt32, width: Int = 2) -> String {
        let digits = String(value, radix: 16, uppercase: true)
        return String(repeating: "0", count: max(0, width - digits.count)) + digits
    }
}
