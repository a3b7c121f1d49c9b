/// Replaces the variables of a whole subtree before anybody looks at its values.
final class TreeSubstitution {
    private let variables: Variables
    private let diagnostics: Diagnostics
    /// Nodes that an anchor shares are replaced, and complained about, once.
    private var done: [ObjectIdentifier: YAMLNode] = [:]

    init(_ variables: Variables, _ diagnostics: Diagnostics) {
        self.variables = variables
        self.diagnostics = diagnostics
    }

    func apply(to node: YAMLNode, path: String) -> YAMLNode {
        if let replaced = done[ObjectIdentifier(node)] { return replaced }
        let replaced = YAMLNode(content(of: node, path: path), at: node.position, foreignTag: node.foreignTag)
        done[ObjectIdentifier(node)] = replaced
        return replaced
    }

    private func content(of node: YAMLNode, path: String) -> YAMLNode.Content {
        switch node.content {
        case .scalar(let scalar): .scalar(self.scalar(scalar, at: node.position, path: path))
        case .sequence(let items):
            .sequence(items.enumerated().map { apply(to: $1, path: "\(path)[\($0)]") })
        case .mapping(let pairs):
            .mapping(
                pairs.map { pair in
                    let key = apply(to: pair.key, path: path + "." + (pair.key.scalar?.text ?? ""))
                    return .init(key: key, value: apply(to: pair.value, path: path + "." + (key.scalar?.shown ?? "")))
                })
        }
    }

    private func scalar(_ scalar: YAMLScalar, at position: Position, path: String) -> YAMLScalar {
        let (replaced, failures) = Substitution.apply(to: scalar, variables, hints: diagnostics.wantsHints)
        for failure in failures {
            diagnostics.error(failure.code, failure.message, hint: failure.hint, at: position, path)
        }
        return replaced
    }
}
