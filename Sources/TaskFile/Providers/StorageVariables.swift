import Platform

/// Supervisely's `STORAGE_*` variables, which make one provider called `storage`.
enum StorageVariables {
    static let name = "storage"

    static func provider(in environment: Environment) -> (Provider?, [Diagnostic]) {
        // The name is a common one: another program's value, as Supervisely's own `http`, is no mistake of this task.
        guard let kind = environment.nonEmpty("STORAGE_PROVIDER"), ProviderKeys.kinds.contains(kind.lowercased()) else {
            return (nil, [])
        }
        let keys = [
            ("STORAGE_PROVIDER", "provider"), ("STORAGE_ENDPOINT", "endpoint"), ("STORAGE_PORT", "port"),
            ("STORAGE_ACCESS_KEY", "access_key"), ("STORAGE_SECRET_KEY", "secret_key"), ("STORAGE_REGION", "region"),
            ("STORAGE_IAM_ROLE", "iam_role"), ("STORAGE_CREDENTIALS_PATH", "credentials"),
        ]
        let pairs = keys.compactMap { variable, key -> YAMLNode.Pair? in
            guard let value = environment.nonEmpty(variable) else { return nil }
            // Typed as if written in a file, but for keys, which are text whatever they look like.
            let isPlain = key == "port" || (key == "iam_role" && ["true", "false"].contains(value))
            return .init(
                key: YAMLNode(.scalar(YAMLScalar(key, isPlain: true)), at: .start),
                value: YAMLNode(.scalar(YAMLScalar(value, isPlain: isPlain)), at: .start))
        }
        let provider = YAMLNode(.mapping(pairs), at: .start)
        let name = YAMLNode(.scalar(YAMLScalar(name, isPlain: true)), at: .start)
        let diagnostics = Diagnostics(file: "the STORAGE_* variables of the environment")
        let reader = ProvidersReader(reader: FieldReader(diagnostics: diagnostics), trust: .operator)
        let providers = reader.providers(
            in: YAMLNode(.mapping([.init(key: name, value: provider)]), at: .start), path: "")
        // They may be meant for another program, so they stop nothing; and they have no line.
        let warnings = diagnostics.all.map { problem in
            var warning = problem
            warning.severity = .warning
            warning.position = nil
            return warning
        }
        return (diagnostics.all.isEmpty ? providers.first : nil, warnings)
    }
}
