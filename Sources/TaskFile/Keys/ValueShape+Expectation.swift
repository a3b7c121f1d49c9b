extension ValueShape {
    /// What a person would call the shape, for "expected …".
    var expectation: String {
        switch self {
        case .text, .absolutePath, .identifier, .glob: "a string"
        case .boolean: "true or false"
        case .integer: "a whole number"
        case .size, .rcloneSize: "a size"
        case .duration, .rcloneDuration: "a duration"
        case .choice(let words, _): "one of \(words.joined(separator: ", "))"
        case .permissions: "a file mode such as 0644"
        case .list(let item): "a list of \(item.plural)"
        case .headers, .mapping: "a mapping"
        case .secret: "a secret"
        case .either(let first, let second): "\(first.expectation) or \(second.expectation)"
        }
    }

    private var plural: String {
        switch self {
        case .glob: "globs"
        case .mapping: "mappings"
        default: "strings"
        }
    }

    /// Whether a node is of the kind that this shape wants, right or wrong in detail.
    func fits(_ node: YAMLNode) -> Bool {
        switch (self, node.content) {
        case (.list, .sequence), (.headers, .mapping), (.mapping, .mapping), (.secret, _): true
        case (.either(let first, let second), _): first.fits(node) || second.fits(node)
        case (.list, _), (.headers, _), (.mapping, _): false
        case (.boolean, .scalar(let scalar)): if case .boolean = scalar.type { true } else { false }
        case (.integer, .scalar(let scalar)): if case .integer = scalar.type { true } else { false }
        case (_, .scalar): true
        default: false
        }
    }
}
