/// One item of a URL's query, not encoded yet. A value may be any bytes: prefixes of keys are.
public struct QueryItem: Sendable, Hashable {
    public var name: String
    /// Without one there is no `=` in the URL either; some servers care. A signature sees no difference.
    public var value: [UInt8]?

    public init(_ name: String, bytes value: [UInt8]?) {
        self.name = name
        self.value = value
    }

    public init(_ name: String, _ value: String? = nil) {
        self.init(name, bytes: value.map { Array($0.utf8) })
    }
}

extension [QueryItem] {
    /// Of a query as it stands in a URL. What is no right encoding stands for nothing: it cannot be signed.
    public init(encoded text: String) {
        var text = text
        self = text.withUTF8 { text in
            text.split(separator: UInt8(ascii: "&")).map { item in
                let name = item.prefix { $0 != UInt8(ascii: "=") }
                let value = item.dropFirst(name.count + 1)
                return QueryItem(
                    String(decoding: PercentEncoding.decoded(name) ?? [], as: UTF8.self),
                    bytes: PercentEncoding.decoded(value) ?? [])
            }
        }
    }

    /// As it stands in a URL behind the question mark, in this order.
    public var encoded: String {
        var text: [UInt8] = []
        for item in self {
            if !text.isEmpty { text.append(UInt8(ascii: "&")) }
            PercentEncoding.append(item.name, to: &text)
            guard let value = item.value else { continue }
            text.append(UInt8(ascii: "="))
            PercentEncoding.append(value, to: &text)
        }
        return String(decoding: text, as: UTF8.self)
    }

    /// As it is signed: in the order of the encoded names, then of the encoded values, always with `=`. It may be sent
    /// like this as well.
    func appendCanonical(to text: inout [UInt8]) {
        var pairs: [(name: [UInt8], value: [UInt8])] = []
        pairs.reserveCapacity(count)
        for item in self {
            pairs.append((name: [], value: []))
            PercentEncoding.append(item.name, to: &pairs[pairs.count - 1].name)
            PercentEncoding.append(item.value ?? [], to: &pairs[pairs.count - 1].value)
        }
        pairs.sort { left, right in
            left.name == right.name
                ? left.value.lexicographicallyPrecedes(right.value) : left.name.lexicographicallyPrecedes(right.name)
        }
        for (index, pair) in pairs.enumerated() {
            if index > 0 { text.append(UInt8(ascii: "&")) }
            text.append(contentsOf: pair.name)
            text.append(UInt8(ascii: "="))
            text.append(contentsOf: pair.value)
        }
    }
}
