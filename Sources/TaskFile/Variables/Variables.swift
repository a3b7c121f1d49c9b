import Platform

/// The values that `${NAME}` may stand for in a task.
public struct Variables: Sendable {
    struct Value: Sendable {
        var text: String
        var isSecret: Bool
    }

    private var values: [String: Value] = [:]
    /// Entries that are null and that the environment does not have: known names, but without a value.
    private var withoutValue: Set<String> = []

    /// Values that the caller sets, which win over the file's.
    public struct Overrides: Sendable {
        fileprivate var values: [String: String] = [:]

        public init() {}

        public mutating func set(_ name: String, to value: String) {
            values[name] = value
        }
    }

    public static func isName(_ text: some StringProtocol) -> Bool {
        guard let first = text.utf8.first, !(0x30...0x39).contains(first) else { return false }
        return text.utf8.allSatisfy(isNameByte)
    }

    public static func isNameByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"):
            true
        default: false
        }
    }

    init(overrides: Overrides) {
        values = overrides.values.mapValues { Value(text: $0, isSecret: false) }
    }

    /// Adds an entry of `envs` or `secrets`; `text` is nil for null, which asks for the environment's value.
    mutating func declare(_ name: String, _ text: String?, isSecret: Bool, environment: Environment) {
        if let known = values[name] {
            // A name that is listed as a secret is one, wherever its value came from.
            values[name] = Value(text: known.text, isSecret: known.isSecret || isSecret)
        } else if let text = text ?? environment[name] {
            values[name] = Value(text: text, isSecret: isSecret)
            withoutValue.remove(name)
        } else {
            withoutValue.insert(name)
        }
    }

    subscript(name: String) -> Value? { values[name] }

    func isDeclaredWithoutValue(_ name: String) -> Bool { withoutValue.contains(name) }

    var mask: SecretMask { SecretMask(values.values.filter(\.isSecret).map(\.text)) }

    var names: [String] { values.keys.sorted() }
}
