/// The text of a scalar and how it was written, which together decide its type.
struct YAMLScalar: Sendable {
    /// The text as the program uses it.
    var text: String
    /// The text as it may be shown: the same, but for the values of secrets that were put into it.
    var shown: String
    /// Unquoted and not in a block, so that `8` is a number and `true` a boolean.
    var isPlain: Bool
    /// The core type that a tag forces on it.
    var tag: CoreTag?
    /// A variable stands in it: it may be meant as text even when it looks like a number.
    var isFromVariable = false
    /// A variable in it could not be replaced: its problem is reported, and what it would have been is unknown.
    var isBroken = false

    init(_ text: String, isPlain: Bool, tag: CoreTag? = nil) {
        self.text = text
        self.shown = text
        self.isPlain = isPlain
        self.tag = tag
    }

    var type: CoreType {
        switch tag {
        case nil: isPlain ? CoreType(plain: text) : .string
        case .null: .null
        case .boolean, .integer, .float: CoreType(plain: text)
        case .string: .string
        }
    }
}

enum CoreTag: String, Sendable {
    case null = "tag:yaml.org,2002:null"
    case boolean = "tag:yaml.org,2002:bool"
    case integer = "tag:yaml.org,2002:int"
    case float = "tag:yaml.org,2002:float"
    case string = "tag:yaml.org,2002:str"
}

/// The scalar types of the YAML 1.2 core schema. Unlike YAML 1.1 it has no `yes`, `no`, `on` and `off`, no octal by a
/// leading zero and no base-60 numbers, the three that surprise people most.
enum CoreType: Sendable, Equatable {
    case null
    case boolean(Bool)
    /// Saturated: a number too large for 64 bits is out of every range we have.
    case integer(Int)
    case float
    case string

    init(plain text: String) {
        switch text {
        case "", "~", "null", "Null", "NULL": self = .null
        case "true", "True", "TRUE": self = .boolean(true)
        case "false", "False", "FALSE": self = .boolean(false)
        default:
            if let number = CoreType.integer(in: text) {
                self = .integer(number)
            } else {
                self = CoreType.isFloat(text) ? .float : .string
            }
        }
    }

    var name: String {
        switch self {
        case .null: "nothing"
        case .boolean: "a boolean"
        case .integer, .float: "a number"
        case .string: "a string"
        }
    }

    private static func integer(in text: String) -> Int? {
        let bytes = text.utf8
        func digits(after count: Int, radix: Int) -> Int? {
            let digits = text.dropFirst(count)
            guard !digits.isEmpty, digits.utf8.allSatisfy({ $0 != UInt8(ascii: "+") && $0 != UInt8(ascii: "-") }) else {
                return nil
            }
            guard digits.allSatisfy({ $0.isASCII && ($0.hexDigitValue ?? radix) < radix }) else { return nil }
            return Int(digits, radix: radix) ?? Int.max
        }
        guard let first = bytes.first, first < 0x3A else { return nil }
        if text.hasPrefix("0o") { return digits(after: 2, radix: 8) }
        if text.hasPrefix("0x") { return digits(after: 2, radix: 16) }
        if first == UInt8(ascii: "-") { return digits(after: 1, radix: 10).map { -$0 } }
        return digits(after: first == UInt8(ascii: "+") ? 1 : 0, radix: 10)
    }

    private static func isFloat(_ text: String) -> Bool {
        switch text {
        case ".nan", ".NaN", ".NAN": return true
        default: break
        }
        // Most text is seen at its first letter not to be a number.
        guard let first = text.utf8.first, first < 0x3A else { return false }
        var rest = Substring(text)
        if rest.hasPrefix("-") || rest.hasPrefix("+") { rest.removeFirst() }
        if rest == ".inf" || rest == ".Inf" || rest == ".INF" { return true }
        func takeDigits() -> Bool {
            let digits = rest.prefix { $0.isASCII && $0.isNumber }
            rest.removeFirst(digits.count)
            return !digits.isEmpty
        }
        let whole = takeDigits()
        var fraction = false
        if rest.hasPrefix(".") {
            rest.removeFirst()
            fraction = takeDigits()
        }
        guard whole || fraction else { return false }
        guard rest.hasPrefix("e") || rest.hasPrefix("E") else { return rest.isEmpty }
        rest.removeFirst()
        if rest.hasPrefix("-") || rest.hasPrefix("+") { rest.removeFirst() }
        return takeDigits() && rest.isEmpty
    }
}
