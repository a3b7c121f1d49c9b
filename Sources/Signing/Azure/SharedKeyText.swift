/// A request in the one form that both sides sign with an account's key: the method, eleven headers by their place, those of
/// the service by their names, and what is asked for.
struct SharedKeyText {
    private(set) var bytes: [UInt8] = []

    init(
        method: String, path: String, query: [QueryItem], headers: [(name: String, value: String)], account: String
    ) {
        var places = [String?](repeating: nil, count: Self.places.count)
        var named: [(name: [UInt8], value: String)] = []
        named.reserveCapacity(headers.count)
        for header in headers {
            let name = Self.lowered(header.name)
            if name.starts(with: Self.prefix) {
                named.append((name, header.value))
            } else if let place = Self.places.firstIndex(of: name) {
                places[place] = header.value
            }
        }
        named.sort { ServiceOrder.precedes($0.name, $1.name) }

        bytes.reserveCapacity(512)
        bytes.append(method)
        bytes.append(Self.newline)
        for (place, value) in places.enumerated() {
            // A body of no bytes has no length to the service.
            if let value, place != Self.length || value != "0" { bytes.append(value) }
            bytes.append(Self.newline)
        }
        for (name, value) in named {
            bytes.append(contentsOf: name)
            bytes.append(UInt8(ascii: ":"))
            bytes.append(value)
            bytes.append(Self.newline)
        }
        bytes.append(PercentEncoding.slash)
        bytes.append(account)
        // As it is sent. Where the account stands in the path as well, it stands here twice.
        bytes.append(path)
        append(query)
    }

    /// Each name once, in lower case and in order, with its values as they are before they are encoded.
    private mutating func append(_ query: [QueryItem]) {
        var items = query.map { (name: Self.lowered($0.name), value: $0.value ?? []) }
        items.sort { left, right in
            left.name == right.name
                ? left.value.lexicographicallyPrecedes(right.value) : left.name.lexicographicallyPrecedes(right.name)
        }
        for (index, item) in items.enumerated() {
            if index > 0, items[index - 1].name == item.name {
                bytes.append(UInt8(ascii: ","))
            } else {
                bytes.append(Self.newline)
                bytes.append(contentsOf: item.name)
                bytes.append(UInt8(ascii: ":"))
            }
            bytes.append(contentsOf: item.value)
        }
    }

    /// In the order in which they are signed.
    private static let places = [
        "content-encoding", "content-language", "content-length", "content-md5", "content-type", "date",
        "if-modified-since", "if-match", "if-none-match", "if-unmodified-since", "range",
    ].map { Array($0.utf8) }
    private static let length = 2
    private static let prefix = Array("x-ms-".utf8)
    private static let newline = UInt8(ascii: "\n")

    private static func lowered(_ name: String) -> [UInt8] {
        name.utf8.map { UInt8(ascii: "A")...UInt8(ascii: "Z") ~= $0 ? $0 | 0x20 : $0 }
    }
}
