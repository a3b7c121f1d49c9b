/// A node of a YAML document, with the place it came from. Aliases are the very node they name, not a copy of it.
final class YAMLNode: Sendable {
    enum Content: Sendable {
        case scalar(YAMLScalar)
        case sequence([YAMLNode])
        case mapping([Pair])
    }

    struct Pair: Sendable {
        let key: YAMLNode
        let value: YAMLNode
    }

    let content: Content
    let position: Position
    /// How many nodes stand here and below, aliases counted as often as they are used.
    let weight: Int
    /// A tag that is not one of YAML's core: an error where we read, nobody's business elsewhere.
    let foreignTag: String?

    init(_ content: Content, at position: Position, foreignTag: String? = nil) {
        self.content = content
        self.position = position
        self.foreignTag = foreignTag
        weight =
            switch content {
            case .scalar: 1
            case .sequence(let items): items.reduce(1) { $0 + $1.weight }
            case .mapping(let pairs): pairs.reduce(1) { $0 + $1.key.weight + $1.value.weight }
            }
    }

    var scalar: YAMLScalar? {
        if case .scalar(let scalar) = content { scalar } else { nil }
    }

    var isNull: Bool { scalar?.type == .null }

    /// What a person would call this, for "expected …, found …".
    var kindName: String {
        switch content {
        case .scalar(let scalar): scalar.type.name
        case .sequence: "a list"
        case .mapping: "a mapping"
        }
    }
}
