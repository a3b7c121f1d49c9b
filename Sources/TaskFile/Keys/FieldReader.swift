import Platform

/// Reads a mapping by its key rules: reports what is unknown or wrong, keeps what is right.
struct FieldReader {
    let diagnostics: Diagnostics

    func fields(of node: YAMLNode, _ rules: KeyRules, path: String, emptyIsAbsent: Bool = false) -> Fields {
        var fields = Fields()
        for pair in pairs(of: node, path: path) {
            guard let key = pair.key.scalar, !key.isBroken else { continue }
            let keyPath = Self.path(path, key.shown)
            guard let rule = rules[key.text] else {
                reportUnknown(key, rules, at: pair.key.position, keyPath)
                continue
            }
            // `key:` with nothing behind it is how people leave a key to its default.
            if pair.value.isNull || emptyIsAbsent && pair.value.scalar?.text.isEmpty == true {
                fields.markEmpty(rule.name, at: pair.value.position)
                continue
            }
            fields.markPresent(rule.name, at: pair.key.position)
            if !rule.isBuilt {
                diagnostics.warning(
                    .notBuilt, "`\(rule.name)` is understood, but this build of provision does not act on it yet",
                    at: pair.key.position, keyPath)
            }
            if let value = value(of: pair.value, rule.shape, path: keyPath) {
                let field = Field(value: value, key: pair.key.position, position: pair.value.position, path: keyPath)
                fields.insert(rule.name, field)
            }
        }
        return fields
    }

    /// The path of a key below a path; top-level keys are below nothing.
    static func path(_ parent: String, _ key: String) -> String {
        parent.isEmpty ? key : parent + "." + key
    }

    private func reportUnknown(_ key: YAMLScalar, _ rules: KeyRules, at position: Position, _ path: String) {
        let hint =
            !diagnostics.wantsHints
            ? nil
            : UnsupportedKeys.advice(for: key.text, among: rules)
                ?? nearestName(to: key.text, among: rules.names).map { "did you mean `\($0)`?" }
                ?? "known here: \(rules.names.joined(separator: ", "))"
        diagnostics.error(.unknownKey, "unknown key `\(key.shown)`", hint: hint, at: position, path)
    }

    // MARK: Mappings

    /// The pairs of a mapping with its merge keys resolved and duplicates reported. Own keys win over merged ones, earlier
    /// merged mappings over later ones.
    func pairs(of node: YAMLNode, path: String) -> [YAMLNode.Pair] {
        guard case .mapping(let written) = node.content else { return [] }
        var own: [YAMLNode.Pair] = []
        var merged: [YAMLNode.Pair] = []
        var seen: Set<String> = []
        for pair in written {
            guard let key = pair.key.scalar else { continue }
            guard seen.insert(key.text).inserted else {
                diagnostics.error(
                    .duplicateKey, "key `\(key.shown)` stands twice in this mapping",
                    hint: "remove one of them, or merge their contents", at: pair.key.position,
                    Self.path(path, key.shown))
                continue
            }
            if key.text == "<<" && key.isPlain {
                merged += mergedPairs(of: pair.value, at: pair.key.position, path: path)
            } else {
                own.append(pair)
            }
        }
        for pair in merged {
            if let key = pair.key.scalar?.text, seen.insert(key).inserted { own.append(pair) }
        }
        return own
    }

    private func mergedPairs(of node: YAMLNode, at position: Position, path: String) -> [YAMLNode.Pair] {
        switch node.content {
        case .mapping: return pairs(of: node, path: path)
        case .sequence(let items):
            return items.flatMap { item in
                if case .mapping = item.content { return pairs(of: item, path: path) }
                reportUnmergeable(item, at: position, path)
                return []
            }
        case .scalar:
            reportUnmergeable(node, at: position, path)
            return []
        }
    }

    /// Blames the merge key: the node itself may be an anchor's, far away.
    private func reportUnmergeable(_ node: YAMLNode, at position: Position, _ path: String) {
        diagnostics.error(
            .yamlSyntax, "`<<` merges mappings, found \(node.kindName)",
            hint: "write `<<: *name` of an anchored mapping, or a list of them", at: position, Self.path(path, "<<"))
    }

    func reportForeignTag(of node: YAMLNode, _ path: String) {
        // Not repeated here: what begins with ! may be a password that lacks its quotes.
        diagnostics.error(
            .yamlSyntax, "a tag that is none of YAML's own", hint: "a value that begins with ! needs quotes",
            at: node.position, path)
    }

    // MARK: Values

    func value(of node: YAMLNode, _ shape: ValueShape, path: String) -> Value? {
        guard node.foreignTag == nil else {
            reportForeignTag(of: node, path)
            return nil
        }
        if let scalar = node.scalar, scalar.isBroken { return nil }
        switch shape {
        case .list(let item): return list(of: node, item, path: path)
        case .headers: return headers(of: node, path: path)
        case .mapping(let rules):
            guard case .mapping = node.content else { return wrongType(node, shape, path) }
            return .mapping(fields(of: node, rules, path: path))
        case .either(let first, let second):
            guard shape.fits(node) else { return wrongType(node, shape, path) }
            return value(of: node, first.fits(node) ? first : second, path: path)
        case .secret: return secret(of: node, path: path)
        default:
            guard let scalar = node.scalar else { return wrongType(node, shape, path) }
            return ScalarReader(diagnostics: diagnostics, node: node, scalar: scalar, path: path).value(shape)
        }
    }

    private func list(of node: YAMLNode, _ item: ValueShape, path: String) -> Value? {
        guard case .sequence(let items) = node.content else { return wrongType(node, .list(of: item), path) }
        guard !items.isEmpty else {
            diagnostics.error(.badValue, "the list is empty", hint: "at least one item", at: node.position, path)
            return nil
        }
        let fields = items.enumerated().compactMap { index, node -> Field? in
            let itemPath = "\(path)[\(index)]"
            guard let value = value(of: node, item, path: itemPath) else { return nil }
            return Field(value: value, key: node.position, position: node.position, path: itemPath)
        }
        return .list(fields)
    }

    private func headers(of node: YAMLNode, path: String) -> Value? {
        guard case .mapping = node.content else { return wrongType(node, .headers, path) }
        var headers: [(name: String, value: Text)] = []
        for pair in pairs(of: node, path: path) {
            guard let name = pair.key.scalar, !name.isBroken else { continue }
            let headerPath = Self.path(path, name.shown)
            guard HTTPHeader.isName(name.text) else {
                diagnostics.error(
                    .badValue, "`\(name.shown)` is no name of a header", hint: "letters, digits and -",
                    at: pair.key.position, headerPath)
                continue
            }
            guard case .text(let value)? = value(of: pair.value, .text, path: headerPath) else { continue }
            guard HTTPHeader.isValue(value.value) else {
                // The value may be a token: it is not repeated here.
                diagnostics.error(
                    .badValue, "the value of header `\(name.shown)` has a line break or control character",
                    at: pair.value.position, headerPath)
                continue
            }
            headers.append((name.text, value))
        }
        return .headers(headers)
    }

    private func secret(of node: YAMLNode, path: String) -> Value? {
        if case .mapping = node.content {
            let fields = fields(of: node, SecretSource.rules, path: path)
            guard fields.present.count == 1 else {
                diagnostics.error(
                    fields.present.isEmpty ? .badValue : .keyConflict,
                    "a secret has exactly one of env, file and command", at: node.position, path)
                return nil
            }
            return SecretSource(fields).map(Value.secret)
        }
        guard let scalar = node.scalar, scalar.type == .string else {
            // What stands here may be the secret itself, so the message names its type only.
            diagnostics.error(
                .badType, "expected a string, {env: NAME} or {file: PATH}, found \(node.kindName)",
                hint: "put the value into quotes", at: node.position, path)
            return nil
        }
        guard !scalar.text.isEmpty else {
            diagnostics.error(.badValue, "the secret is empty", at: node.position, path)
            return nil
        }
        return .secret(.literal(Secret(scalar.text)))
    }

    private func wrongType(_ node: YAMLNode, _ shape: ValueShape, _ path: String) -> Value? {
        diagnostics.error(.badType, "expected \(shape.expectation), found \(node.kindName)", at: node.position, path)
        return nil
    }
}

/// What HTTP allows in a header (RFC 9110, 5.1 and 5.5).
enum HTTPHeader {
    static func isName(_ text: String) -> Bool {
        !text.isEmpty
            && text.utf8.allSatisfy { byte in
                Variables.isNameByte(byte) || "!#$%&'*+-.^`|~".utf8.contains(byte)
            }
    }

    static func isValue(_ text: String) -> Bool {
        text.utf8.allSatisfy { $0 >= 0x20 && $0 != 0x7F || $0 == 0x09 }
    }
}
