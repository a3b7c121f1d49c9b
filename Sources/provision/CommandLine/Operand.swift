/// A word that a verb takes besides options.
struct Operand {
    enum Count {
        case one, optional, oneOrMore
    }

    /// What shells offer for it, and what it is checked against.
    enum Kind {
        case taskFile
        case file
        case choice([String])
        case other
    }

    let placeholder: String
    let count: Count
    let kind: Kind

    init(_ placeholder: String, _ count: Count = .one, _ kind: Kind = .other) {
        self.placeholder = placeholder
        self.count = count
        self.kind = kind
    }

    static func choice(_ words: [String], _ count: Count = .one, as placeholder: String? = nil) -> Operand {
        Operand(placeholder ?? words.joined(separator: "|"), count, .choice(words))
    }

    /// `[DEST]`, `SRC...`
    var usage: String {
        switch count {
        case .one: placeholder
        case .optional: "[\(placeholder)]"
        case .oneOrMore: placeholder + "..."
        }
    }
}

extension Sequence<Operand> {
    /// How many words these operands can be; without upper end when one of them may be repeated.
    var counts: (least: Int, most: Int?) {
        var least = 0
        var most: Int? = 0
        for operand in self {
            if operand.count != .optional { least += 1 }
            most = operand.count == .oneOrMore ? nil : most.map { $0 + 1 }
        }
        return (least, most)
    }
}
