import Platform

/// Reads one document: its variables, then its providers, then its mounts, since each needs the one before.
struct TaskReader {
    let diagnostics: Diagnostics
    let context: TaskContext
    let ambient: AmbientProviders
    let document: YAMLNode
    let name: String
    let number: Int

    private var reader: FieldReader { FieldReader(diagnostics: diagnostics) }

    func task() -> TaskDefinition {
        let pairs = reader.pairs(of: document, path: "").reduce(into: [String: YAMLNode.Pair]()) { found, pair in
            if let key = pair.key.scalar?.text { found[key] = pair }
        }
        let own = YAMLNode(
            .mapping(TaskKeys.rules.compactMap { pairs[$0.name] }), at: document.position)
        let (variables, environment) = readVariables(pairs)
        let providers = readProviders(pairs[TaskKeys.providers], variables)
        let (mounts, destinations) =
            pairs[TaskKeys.fileMounts].map { readMounts($0, variables, providers) } ?? ([], [])
        let fields = reader.fields(of: own, TaskKeys.rules, path: "")
        return TaskDefinition(
            name: name, number: number, environment: environment, mounts: mounts,
            destinations: destinations,
            directAccess: directAccess(fields), pathSubstitutions: pathSubstitutions(fields),
            secrets: variables.secrets, diagnostics: diagnostics.all)
    }

    // MARK: Variables

    private func readVariables(
        _ pairs: [String: YAMLNode.Pair]
    ) -> (Variables, environment: [(name: String, value: String)]) {
        var variables = Variables(overrides: context.overrides)
        var names: [String] = []
        // Secrets first: a name in both is one.
        for (key, isSecret) in [(TaskKeys.secrets, true), (TaskKeys.envs, false)] {
            guard let pair = pairs[key], !pair.value.isNull else { continue }
            guard case .mapping = pair.value.content else {
                diagnostics.error(
                    .notAMapping, "`\(key)` must be a mapping of names to values, found \(pair.value.kindName)",
                    at: pair.value.position, key)
                continue
            }
            for entry in reader.pairs(of: pair.value, path: key) {
                guard let name = entry.key.scalar?.text, let value = variableValue(entry, section: key) else {
                    continue
                }
                variables.declare(name, value.text, isSecret: isSecret, environment: context.environment)
                names.append(name)
            }
        }
        diagnostics.secrets = variables.secrets
        // Everybody of the same user may look at the environment of a process: no place for secrets.
        let environment = names.compactMap { name in
            variables[name].flatMap { $0.isSecret ? nil : (name, $0.text) }
        }
        return (variables, environment)
    }

    private func variableValue(_ entry: YAMLNode.Pair, section: String) -> (text: String?, Void)? {
        let name = entry.key.scalar?.text ?? ""
        let path = "\(section).\(name)"
        if !Variables.isName(name) {
            diagnostics.error(
                .badValue, "`\(name)` is no name of a variable",
                hint: "letters, digits and _, not beginning with a digit",
                at: entry.key.position, path)
        }
        guard entry.value.foreignTag == nil else {
            reader.reportForeignTag(of: entry.value, path)
            return nil
        }
        guard let scalar = entry.value.scalar else {
            diagnostics.error(
                .badType, "expected a string, number or boolean, found \(entry.value.kindName)",
                at: entry.value.position, path)
            return nil
        }
        guard !scalar.text.utf8.contains(0) else {
            diagnostics.error(.badValue, "the value contains a NUL character", at: entry.value.position, path)
            return nil
        }
        // As written: a version 1.10 stays 1.10.
        return (scalar.type == .null ? nil : scalar.text, ())
    }

    // MARK: Providers

    private func readProviders(_ pair: YAMLNode.Pair?, _ variables: Variables) -> ProviderSet {
        var set = ProviderSet()
        set.add(ambient.strong)
        if let pair, !pair.value.isNull { addOwn(pair.value, to: &set, variables) }
        set.add(ambient.weak)
        return set
    }

    /// `providers:` of the task: a mapping, or the name of a file that has one.
    private func addOwn(_ node: YAMLNode, to set: inout ProviderSet, _ variables: Variables) {
        let node = TreeSubstitution(variables, diagnostics).apply(to: node, path: TaskKeys.providers)
        guard let scalar = node.scalar, scalar.type == .string else {
            return set.add(
                ProvidersReader(reader: reader, trust: .task(context.environment))
                    .providers(in: node, path: TaskKeys.providers))
        }
        guard !scalar.isBroken else { return }
        do throws(TaskContext.UnreadableFile) {
            let bytes = try context.readFile(scalar.text)
            let file = ProvidersFile(file: .init(name: scalar.shown, bytes: bytes), trust: .task(context.environment))
            let (providers, problems) = file.providers(variables)
            diagnostics.add(problems)
            set.add(providers)
        } catch {
            diagnostics.error(
                .missingLocalSource, "providers file `\(scalar.shown)`: \(error.reason)",
                hint: "the path is relative to the working folder", at: node.position, TaskKeys.providers)
        }
    }

    // MARK: Mounts

    private func readMounts(_ pair: YAMLNode.Pair, _ variables: Variables, _ providers: ProviderSet)
        -> ([Mount], [Destination])
    {
        guard case .mapping = pair.value.content else {
            diagnostics.error(
                .notAMapping,
                "`file_mounts` must be a mapping of destinations to sources, found \(pair.value.kindName)",
                hint: "write `file_mounts: {}` for none", at: pair.value.position, TaskKeys.fileMounts)
            return ([], [])
        }
        let substitution = TreeSubstitution(variables, diagnostics)
        var mounts: [Mount] = []
        var destinations: [Destination] = []
        var places = Places()
        for entry in reader.pairs(of: pair.value, path: TaskKeys.fileMounts) {
            let written = "\(TaskKeys.fileMounts).\(entry.key.scalar?.text ?? "")"
            guard let key = substitution.apply(to: entry.key, path: written).scalar else { continue }
            let path = "\(TaskKeys.fileMounts).\(key.shown)"
            let destination = key.isBroken ? nil : destination(key, at: entry.key.position, path)
            let entryReader = EntryReader(
                diagnostics: diagnostics, context: context, providers: providers, destination: destination,
                position: entry.key.position, path: path)
            let mount = entryReader.mount(from: substitution.apply(to: entry.value, path: path))
            if let destination { places.add(destination, mount, at: entry.key.position, path, context.home) }
            if let mount { mounts.append(mount) }
            if let destination { destinations.append(destination) }
        }
        places.report(to: diagnostics)
        return (mounts, destinations)
    }

    private func destination(_ key: YAMLScalar, at position: Position, _ path: String) -> Destination? {
        do throws(Destination.Objection) {
            return try Destination(Text(key.text, shown: key.shown))
        } catch {
            diagnostics.error(.badDestination, error.message, hint: error.hint, at: position, path)
            return nil
        }
    }

    // MARK: The rest

    private func directAccess(_ fields: Fields) -> [DirectAccess] {
        fields.items("direct_access").compactMap { item in
            switch item.value {
            case .text(let glob): DirectAccess(url: glob.value)
            case .mapping(let fields):
                DirectAccess(url: fields.string("url"), contentType: fields.string("content_type"))
            default: nil
            }
        }
    }

    private func pathSubstitutions(_ fields: Fields) -> [PathSubstitution] {
        fields.items("path_substitution").compactMap { item in
            guard case .mapping(let fields) = item.value else { return nil }
            guard let registered = fields.string("registered_prefix"), let local = fields.string("local_prefix") else {
                for key in ["registered_prefix", "local_prefix"] where fields.present[key] == nil {
                    diagnostics.error(
                        .badValue, "the substitution has no `\(key)`", at: item.position, item.path)
                }
                return nil
            }
            return PathSubstitution(registeredPrefix: registered, localPrefix: local)
        }
    }
}
