/// What the value of a key may look like. Reading, hints and the JSON Schema all come from this one description.
indirect enum ValueShape: Sendable {
    /// Text that is not empty.
    case text
    case boolean
    case integer(ClosedRange<Int>)
    /// Bytes: plain digits or with a unit.
    case size(ClosedRange<Int>)
    case duration(atLeast: Int)
    /// rclone's notation, which SkyPilot takes over: at most one letter, `M` is 2²⁰.
    case rcloneSize
    /// rclone's notation: Go's units, weeks, months and years, or plain seconds.
    case rcloneDuration
    /// One of some words; `anyCase` for those that SkyPilot reads in any case.
    case choice([String], anyCase: Bool = false)
    /// Permission bits, always octal.
    case permissions
    /// An absolute path, or one below the home folder.
    case absolutePath
    /// The name of something of ours: letters, digits, `.`, `_`, `-`.
    case identifier
    /// A glob relative to the source.
    case glob
    case list(of: ValueShape)
    /// Names to texts, as in HTTP headers.
    case headers
    case mapping(KeyRules)
    /// A text that must not be shown, or where to get it.
    case secret
    /// The first shape that fits the node's kind.
    case either(ValueShape, ValueShape)
}

/// A key: its name, its value, what it goes with, and one line for people.
struct KeyRule: Sendable {
    let name: String
    let shape: ValueShape
    let modes: Set<Mode>
    let stores: Set<Store>
    /// Whether anything in this build acts on the key. One that nothing acts on is admitted with a warning, not in silence.
    let isBuilt: Bool
    let summary: String

    init(
        _ name: String, _ shape: ValueShape, modes: Set<Mode> = Set(Mode.allCases),
        stores: Set<Store> = Set(Store.allCases), isBuilt: Bool = true, _ summary: String
    ) {
        self.name = name
        self.shape = shape
        self.modes = modes
        self.stores = stores
        self.isBuilt = isBuilt
        self.summary = summary
    }
}

/// The keys of a kind of mapping, in the order in which people are told of them.
struct KeyRules: Sendable, Sequence, ExpressibleByArrayLiteral {
    private let rules: [KeyRule]
    private let byName: [String: KeyRule]

    init(_ rules: [KeyRule]) {
        self.rules = rules
        byName = Dictionary(uniqueKeysWithValues: rules.map { ($0.name, $0) })
    }

    init(arrayLiteral elements: KeyRule...) {
        self.init(elements)
    }

    subscript(name: String) -> KeyRule? { byName[name] }

    var names: [String] { rules.map(\.name) }

    func makeIterator() -> IndexingIterator<[KeyRule]> { rules.makeIterator() }
}
