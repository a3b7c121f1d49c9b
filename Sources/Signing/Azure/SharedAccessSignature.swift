import Platform

/// What a link to storage of Azure carries so that whoever has it may do certain things for a while (SAS): a query with a
/// signature in it. Nothing that prints it shows that.
public struct SharedAccessSignature: Sendable, Hashable {
    /// Byte for byte as it was given: it is appended to queries and never encoded anew.
    public let query: String
    /// In seconds since 1970; nothing where a policy of the container says it.
    public let expiry: Int?
    public let start: Int?
    /// One letter each: `r` reads, `l` lists, `c` creates, `w` writes, `d` deletes. Nothing where a policy says it.
    public let permissions: String?

    /// With or without a question mark before it; nothing for what has no signature, or times that cannot be read.
    public init?(_ text: String) {
        query = text.hasPrefix("?") ? String(text.dropFirst()) : text
        guard query.utf8.allSatisfy({ 0x20 < $0 && $0 < 0x7F && $0 != UInt8(ascii: "#") }) else { return nil }
        var fields: [String: String] = [:]
        for item in [QueryItem](encoded: query) {
            fields[item.name] = String(decoding: item.value ?? [], as: UTF8.self)
        }
        guard fields["sig"]?.isEmpty == false else { return nil }
        permissions = fields["sp"]
        expiry = fields["se"].flatMap(Self.seconds)
        start = fields["st"].flatMap(Self.seconds)
        guard (fields["se"] == nil) == (expiry == nil), (fields["st"] == nil) == (start == nil) else { return nil }
    }

    /// A query of a request's own with this behind it.
    public func appended(to query: String) -> String { query.isEmpty ? self.query : query + "&" + self.query }

    /// Whether one of these things is among what it is known to permit; yes where that is not known.
    public func mayPermit(anyOf letters: String) -> Bool {
        permissions.map { $0.contains { letters.contains($0) } } ?? true
    }

    /// `2026-11-21T00:00:00Z`, also without seconds, with a fraction of them, and a day alone; always UTC.
    private static func seconds(_ text: String) -> Int? {
        var digits = text.utf8.map { $0 }
        if digits.last == UInt8(ascii: "Z") { digits.removeLast() }
        if let dot = digits.firstIndex(of: UInt8(ascii: ".")) { digits.removeSubrange(dot...) }
        let form = "dddd-dd-ddTdd:dd:dd".utf8
        guard [10, 16, 19].contains(digits.count), (digits.count == 10) == (text.utf8.count == 10) else { return nil }
        var numbers: [Int] = []
        var isInNumber = false
        for (byte, expected) in zip(digits, form) {
            guard expected == UInt8(ascii: "d") else {
                guard byte == expected else { return nil }
                isInNumber = false
                continue
            }
            guard UInt8(ascii: "0")...UInt8(ascii: "9") ~= byte else { return nil }
            if !isInNumber { numbers.append(0) }
            numbers[numbers.count - 1] = numbers[numbers.count - 1] * 10 + Int(byte - UInt8(ascii: "0"))
            isInNumber = true
        }
        numbers += repeatElement(0, count: 6 - numbers.count)
        return CivilTime(
            year: numbers[0], month: numbers[1], day: numbers[2], hour: numbers[3], minute: numbers[4],
            second: numbers[5])?.secondsSince1970
    }
}

extension SharedAccessSignature: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    public var description: String { "SharedAccessSignature(\(permissions ?? "by a policy"))" }
    public var debugDescription: String { description }
    public var customMirror: Mirror { Mirror(self, children: ["permissions": permissions as Any]) }
}
