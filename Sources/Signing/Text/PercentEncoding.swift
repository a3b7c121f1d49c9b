/// Percent-encoding of RFC 3986, as signatures need it: all but the unreserved characters, with digits in upper case.
/// Keys are bytes and need not be text.
public enum PercentEncoding {
    /// Slashes stay; no segment is changed, removed or joined.
    public static func path(_ bytes: [UInt8]) -> String { text(of: bytes, keeping: slash) }
    public static func path(_ text: String) -> String { path(Array(text.utf8)) }

    /// A name or a value of a query, or one segment of a path.
    public static func component(_ bytes: [UInt8]) -> String { text(of: bytes, keeping: nil) }
    public static func component(_ text: String) -> String { component(Array(text.utf8)) }

    /// What is no escape stands for itself, also `+`. Nothing when a percent sign begins no escape.
    public static func decoded(_ text: String) -> [UInt8]? {
        var text = text
        return text.withUTF8 { decoded($0[...]) }
    }

    static func decoded(_ text: Slice<UnsafeBufferPointer<UInt8>>) -> [UInt8]? {
        guard text.contains(UInt8(ascii: "%")) else { return Array(text) }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(text.count)
        var rest = text
        while let byte = rest.popFirst() {
            guard byte == UInt8(ascii: "%") else {
                bytes.append(byte)
                continue
            }
            guard let high = rest.popFirst().flatMap(digitValue), let low = rest.popFirst().flatMap(digitValue) else {
                return nil
            }
            bytes.append(high << 4 | low)
        }
        return bytes
    }

    static let slash = UInt8(ascii: "/")

    static func append(_ bytes: UnsafeBufferPointer<UInt8>, keeping kept: UInt8? = nil, to text: inout [UInt8]) {
        for byte in bytes {
            if isUnreserved(byte) || byte == kept {
                text.append(byte)
            } else {
                text.append(UInt8(ascii: "%"))
                text.append(digit(byte >> 4))
                text.append(digit(byte & 0xF))
            }
        }
    }

    static func append(_ bytes: [UInt8], to text: inout [UInt8]) {
        bytes.withUnsafeBufferPointer { append($0, to: &text) }
    }

    static func append(_ bytes: String, to text: inout [UInt8]) {
        var bytes = bytes
        bytes.withUTF8 { append($0, to: &text) }
    }

    private static func text(of bytes: [UInt8], keeping kept: UInt8?) -> String {
        var text: [UInt8] = []
        text.reserveCapacity(bytes.count * 3 / 2)
        bytes.withUnsafeBufferPointer { append($0, keeping: kept, to: &text) }
        return String(decoding: text, as: UTF8.self)
    }

    private static func isUnreserved(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"),
            UInt8(ascii: "~"):
            true
        default: false
        }
    }

    private static func digit(_ value: UInt8) -> UInt8 { value + (value < 10 ? 0x30 : 0x41 - 10) }

    private static func digitValue(_ digit: UInt8) -> UInt8? {
        switch digit {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): digit - UInt8(ascii: "0")
        case UInt8(ascii: "A")...UInt8(ascii: "F"): digit - UInt8(ascii: "A") + 10
        case UInt8(ascii: "a")...UInt8(ascii: "f"): digit - UInt8(ascii: "a") + 10
        default: nil
        }
    }
}
