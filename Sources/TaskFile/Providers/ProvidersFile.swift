import Platform

/// A providers file: the mapping stands at the top level or under `providers:`.
struct ProvidersFile {
    let file: TaskContext.NamedBytes
    /// Who has named the file.
    let trust: ProvidersReader.Trust

    func providers(_ variables: Variables) -> ([Provider], [Diagnostic]) {
        let diagnostics = Diagnostics(file: file.name)
        let (documents, problem) = YAMLReader.documents(of: file.bytes)
        if let problem {
            diagnostics.error(problem.code, problem.message, hint: problem.hint, at: problem.position, nil)
        }
        let reader = ProvidersReader(reader: FieldReader(diagnostics: diagnostics), trust: trust)
        let providers = documents.flatMap { document -> [Provider] in
            var node = document
            if case .mapping(let pairs) = document.content, pairs.count == 1, pairs[0].key.scalar?.text == "providers" {
                node = pairs[0].value
            }
            if let other = Self.firstThatIsNoMapping(in: node) {
                // Whatever file a task has named here, it is none of ours: nothing of its text is repeated.
                diagnostics.error(
                    .badType, "this is no providers file: a provider is a mapping, found \(other.value.kindName)",
                    hint: "NAME: {provider: s3, …}", at: other.key.position, "providers")
                return [Provider]()
            }
            let substituted = TreeSubstitution(variables, diagnostics).apply(to: node, path: "providers")
            return reader.providers(in: substituted, path: "providers")
        }
        return (providers, diagnostics.all)
    }

    private static func firstThatIsNoMapping(in node: YAMLNode) -> YAMLNode.Pair? {
        guard case .mapping(let pairs) = node.content else { return nil }
        return pairs.first { pair in
            if case .mapping = pair.value.content { return false }
            return pair.key.scalar?.text != "<<"
        }
    }
}

/// The providers that are there whatever a task says. They are the same for all tasks of a file, and a task's variables do
/// not reach into them: it could point the operator's credentials elsewhere.
struct AmbientProviders {
    /// Those that the operator names for this run; they win over the task's.
    let strong: [Provider]
    /// Those of the user's configuration and of the environment.
    let weak: [Provider]
    let diagnostics: [Diagnostic]

    init(_ context: TaskContext) {
        let variables = Variables(overrides: context.overrides)
        func read(_ file: TaskContext.NamedBytes?) -> ([Provider], [Diagnostic]) {
            file.map { ProvidersFile(file: $0, trust: .operator).providers(variables) } ?? ([], [])
        }
        let named = read(context.operatorProviders)
        let own = read(context.userProviders)
        let storage = StorageVariables.provider(in: context.environment)
        let endpoints = AmbientEndpoint.problems(in: context.environment)
        strong = named.0
        weak = own.0 + [storage.0].compactMap { $0 }
        diagnostics = named.1 + own.1 + storage.1 + endpoints
    }
}
