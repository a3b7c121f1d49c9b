/// A YAML file of names with values, such as the configuration file: each value a scalar, or a list of them.
public enum FlatMapping {
    public static func read(_ bytes: [UInt8], file: String) -> (values: [String: [String]], diagnostics: [Diagnostic]) {
        let diagnostics = Diagnostics(file: file)
        let (documents, problem) = YAMLReader.documents(of: bytes)
        if let problem {
            diagnostics.error(problem.code, problem.message, hint: problem.hint, at: problem.position, nil)
        }
        var values: [String: [String]] = [:]
        for document in documents {
            guard case .mapping = document.content else {
                diagnostics.error(
                    .notAMapping, "expected names with values, found \(document.kindName)", at: document.position, nil)
                continue
            }
            for pair in FieldReader(diagnostics: diagnostics).pairs(of: document, path: "") {
                guard let name = pair.key.scalar?.text else { continue }
                values[name] = texts(of: pair.value, name, diagnostics)
            }
        }
        return (values, diagnostics.all)
    }

    private static func texts(of node: YAMLNode, _ name: String, _ diagnostics: Diagnostics) -> [String] {
        let items = if case .sequence(let items) = node.content { items } else { [node] }
        return items.compactMap { item in
            if item.isNull { return nil }
            if let scalar = item.scalar { return scalar.text }
            diagnostics.error(.badType, "expected a value, found \(item.kindName)", at: item.position, name)
            return nil
        }
    }
}
