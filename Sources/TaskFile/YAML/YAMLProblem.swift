/// What ends the reading of a stream: nothing behind it can be trusted.
struct YAMLProblem: Error {
    var code: DiagnosticCode = .yamlSyntax
    var message: String
    var hint: String?
    var position: Position
}

/// Bounds that keep a hostile or broken file from taking the machine's memory or time. A task file of a thousand
/// mounts stays below each of them by a factor of ten.
enum YAMLLimits {
    static let bytes = 4 << 20
    static let depth = 64
    static let nodes = 200_000
    static let documents = 64
    /// Nodes that aliases may add by repeating what they name.
    static let aliasedNodes = 10_000
}
