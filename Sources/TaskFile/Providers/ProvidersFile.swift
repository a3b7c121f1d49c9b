import Platform

/// Reads a providers file: the mapping stands at the top level or under `providers:`.
enum ProvidersFile {
    static func providers(
        in bytes: [UInt8], file: String, _ variables: Variables, allowsCommands: Bool
    ) -> ([Provider], [Diagnostic]) {
        let diagnostics = Diagnostics(file: file)
        let (documents, problem) = YAMLReader.documents(of: bytes)
        if let problem {
            diagnostics.error(problem.code, problem.message, hint: problem.hint, at: problem.position, nil)
        }
        var providers: [Provider] = []
        for document in documents {
            var node = document
            if case .mapping(let pairs) = document.content, pairs.count == 1, pairs[0].key.scalar?.text == "providers" {
                node = pairs[0].value
            }
            let substituted = TreeSubstitution(variables, diagnostics).apply(to: node, path: "providers")
            let reader = ProvidersReader(
                reader: FieldReader(diagnostics: diagnostics), allowsCommands: allowsCommands)
            providers += reader.providers(in: substituted, path: "providers")
        }
        return (providers, diagnostics.all)
    }
}
