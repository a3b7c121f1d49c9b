import JSON

extension ValueShape {
    /// The shape as a JSON Schema (draft-07), for editors. A scalar may hold variables instead, and null counts as
    /// absent, so both are always allowed.
    var schema: JSONValue {
        switch self {
        case .list, .headers, .mapping, .secret: .anyOf([bare, .absent])
        case .either(let first, let second): .anyOf(first.alternatives + second.alternatives + [.variable, .absent])
        default: .anyOf(alternatives + [.variable, .absent])
        }
    }

    private var alternatives: [JSONValue] {
        if case .either(let first, let second) = self { first.alternatives + second.alternatives } else { [bare] }
    }

    private var bare: JSONValue {
        switch self {
        case .text: ["type": "string", "minLength": 1]
        case .boolean: ["type": "boolean"]
        case .integer(let range): .integers(range)
        case .size(let range):
            .anyOf([.integers(range), .pattern("^[0-9]+([KMGTPkmgtp]([Ii]?[Bb]?)?)?$")])
        case .duration: .pattern("^(0|([0-9]+(d|h|ms|m|s))+)$", or: .integers(0...0))
        case .rcloneSize: .pattern("^[0-9]+[BKMGTPbkmgtp]?$", or: .integers(0...Int.max))
        case .rcloneDuration: .pattern("^([0-9]+(ms|s|m|h|d|w|M|y)?)+$", or: .integers(0...Int.max))
        case .choice(let words, let anyCase):
            anyCase ? .pattern("^(\(words.map(Self.inAnyCase).joined(separator: "|")))$") : ["enum": .strings(words)]
        case .permissions: .pattern("^(0o)?[0-7]{1,4}$", or: .integers(0...777))
        case .absolutePath: .pattern("^(/|~/|~$)")
        case .identifier: .pattern("^[A-Za-z0-9_-][A-Za-z0-9._-]*$")
        case .glob: .pattern("^[^/]")
        case .list(let item): ["type": "array", "items": item.item, "minItems": 1]
        case .headers: ["type": "object", "additionalProperties": ["type": "string"]]
        case .mapping(let rules): .object(of: rules)
        case .secret:
            .anyOf([["type": "string", "minLength": 1], .object(of: SecretSource.rules, exactlyOne: true)])
        case .either: .anyOf(alternatives)
        }
    }

    /// As an item of a list, where null is a mistake.
    private var item: JSONValue { .anyOf(alternatives + [.variable]) }

    /// A regular expression without flags, which JSON Schema has none of.
    private static func inAnyCase(_ word: String) -> String {
        word.map { letter in
            letter.isLetter ? "[\(letter.uppercased())\(letter.lowercased())]" : String(letter)
        }.joined()
    }

    static func anyCase(_ word: String) -> String { "^\(inAnyCase(word))$" }
    static func anyCasePrefix(_ word: String) -> String { inAnyCase(word) }
}

extension JSONValue {
    /// A scalar that holds a variable, whose value no editor knows.
    static let variable: JSONValue = ["type": "string", "pattern": "\\$"]
    static let absent: JSONValue = ["type": "null"]

    static func anyOf(_ schemas: [JSONValue]) -> JSONValue {
        schemas.count == 1 ? schemas[0] : ["anyOf": .array(schemas)]
    }

    static func pattern(_ pattern: String) -> JSONValue { ["type": "string", "pattern": .string(pattern)] }

    static func pattern(_ text: String, or number: JSONValue) -> JSONValue { .anyOf([.pattern(text), number]) }

    /// Int.max stands for "no upper bound".
    static func integers(_ range: ClosedRange<Int>) -> JSONValue {
        var members: [Member] = [.init("type", "integer"), .init("minimum", .integer(range.lowerBound))]
        if range.upperBound != .max { members.append(.init("maximum", .integer(range.upperBound))) }
        return .object(members)
    }

    /// A mapping with these keys and no others.
    static func object(of rules: KeyRules, exactlyOne: Bool = false) -> JSONValue {
        var members: [Member] = [
            .init("type", "object"), .init("properties", .properties(rules)), .init("additionalProperties", false),
        ]
        if exactlyOne { members += [.init("minProperties", 1), .init("maxProperties", 1)] }
        return .object(members)
    }

    static func properties(_ rules: some Sequence<KeyRule>) -> JSONValue {
        .object(
            rules.map { rule in
                guard case .object(let members) = rule.shape.schema else { return Member(rule.name, rule.shape.schema) }
                return Member(rule.name, .object([.init("description", .string(rule.summary))] + members))
            })
    }
}
