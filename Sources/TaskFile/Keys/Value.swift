/// A value that fits its key's shape.
enum Value: Sendable {
    case text(Text)
    case boolean(Bool)
    /// Numbers; sizes in bytes, durations in milliseconds.
    case integer(Int)
    case list([Field])
    case headers([(name: String, value: Text)])
    case mapping(Fields)
    case secret(SecretSource)
}

/// Text of the user that may hold the value of a secret; only `shown` goes into messages, plans and status.
public struct Text: Sendable, Equatable {
    public var value: String
    public var shown: String

    public init(_ value: String, shown: String? = nil) {
        self.value = value
        self.shown = shown ?? value
    }
}

/// A value with the places to blame for it.
struct Field: Sendable {
    let value: Value
    let key: Position
    let position: Position
    let path: String
}

/// The keys of one mapping that were there and right. What was wrong has been reported and is absent here.
struct Fields: Sendable {
    private(set) var all: [String: Field] = [:]
    /// Keys that were there, right or wrong: a wrong value is no reason to complain of an absent one.
    private(set) var present: [String: Position] = [:]
    /// Keys with nothing behind them, which count as absent.
    private(set) var empty: [String: Position] = [:]

    subscript(name: String) -> Field? { all[name] }

    mutating func insert(_ name: String, _ field: Field) {
        all[name] = field
    }

    mutating func markPresent(_ name: String, at position: Position) {
        present[name] = position
    }

    mutating func markEmpty(_ name: String, at position: Position) {
        empty[name] = position
    }

    func text(_ name: String) -> Text? {
        if case .text(let text)? = all[name]?.value { text } else { nil }
    }

    func string(_ name: String) -> String? { text(name)?.value }

    func boolean(_ name: String) -> Bool? {
        if case .boolean(let flag)? = all[name]?.value { flag } else { nil }
    }

    func integer(_ name: String) -> Int? {
        if case .integer(let number)? = all[name]?.value { number } else { nil }
    }

    func fields(_ name: String) -> Fields? {
        if case .mapping(let fields)? = all[name]?.value { fields } else { nil }
    }

    func secret(_ name: String) -> SecretSource? {
        if case .secret(let secret)? = all[name]?.value { secret } else { nil }
    }

    func headers(_ name: String) -> [(name: String, value: Text)] {
        if case .headers(let headers)? = all[name]?.value { headers } else { [] }
    }

    /// The items of a list, or the one item that was written without a list.
    func items(_ name: String) -> [Field] {
        guard let field = all[name] else { return [] }
        if case .list(let items) = field.value { return items }
        return [field]
    }

    func strings(_ name: String) -> [String] {
        items(name).compactMap { if case .text(let text) = $0.value { text.value } else { nil } }
    }
}
