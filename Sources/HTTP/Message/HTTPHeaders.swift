/// The header lines of a message, in their order. Names are found in any case.
public struct HTTPHeaders: Sendable, Equatable, ExpressibleByDictionaryLiteral {
    public struct Line: Sendable, Equatable {
        public var name: String
        public var value: String

        public init(_ name: String, _ value: String) {
            self.name = name
            self.value = value
        }
    }

    public private(set) var lines: [Line] = []

    public init() {}

    public init(dictionaryLiteral elements: (String, String)...) {
        lines = elements.map { Line($0.0, $0.1) }
    }

    public mutating func add(_ name: String, _ value: String) {
        lines.append(Line(name, value))
    }

    /// The first of this name; setting it replaces all of them.
    public subscript(name: String) -> String? {
        get { lines.firstIndex { Self.isSame($0.name, name) }.map { lines[$0].value } }
        set {
            lines.removeAll { Self.isSame($0.name, name) }
            if let newValue { lines.append(Line(name, newValue)) }
        }
    }

    /// An old way to go on with a value in the next line.
    mutating func continueLast(_ text: String) {
        if !lines.isEmpty { lines[lines.count - 1].value += " " + text }
    }

    static func isSame(_ left: String, _ right: String) -> Bool {
        guard left.utf8.count == right.utf8.count else { return false }
        // An answer's headers are searched for a dozen names: through the text's own indices that takes ten times as long.
        var (left, right) = (left, right)
        return left.withUTF8 { left in right.withUTF8 { right in areSame(left, right) } }
    }

    private static func areSame(_ left: UnsafeBufferPointer<UInt8>, _ right: UnsafeBufferPointer<UInt8>) -> Bool {
        // Names of one length mostly differ in their ends: `x-amz-…`.
        for index in left.indices.reversed() where lowered(left[index]) != lowered(right[index]) { return false }
        return true
    }

    private static func lowered(_ byte: UInt8) -> UInt8 {
        (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte) ? byte | 0x20 : byte
    }
}

extension HTTPHeaders.Line {
    /// Neither empty nor able to end the line and begin another.
    var isSendable: Bool {
        !name.isEmpty && name.utf8.allSatisfy { $0 > 0x20 && $0 != 0x7F && $0 != UInt8(ascii: ":") && $0 < 0x80 }
            && value.utf8.allSatisfy { $0 >= 0x20 && $0 != 0x7F || $0 == 0x09 }
    }
}
