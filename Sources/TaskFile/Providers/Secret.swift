/// Text that must not be shown. It has no description but stars, so that no message can print it by accident.
public struct Secret: Sendable, Equatable, CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// The text itself, for the one who signs with it.
    public let exposed: String

    init(_ text: String) {
        exposed = text
    }

    public var description: String { "***" }
    public var debugDescription: String { "***" }
    public var customMirror: Mirror { Mirror(self, children: [:]) }
}

/// Where a secret comes from. Only a literal is in the file; the others are read when they are needed, and again when
/// they expire.
public enum SecretSource: Sendable, Equatable {
    case literal(Secret)
    case environment(String)
    case file(String)
    case command([String])

    static let rules: KeyRules = [
        KeyRule("env", .text, "an environment variable that holds it"),
        KeyRule("file", .text, "a file that holds it"),
        KeyRule("command", .list(of: .text), "a program that prints it, with its arguments; in providers files only"),
    ]

    init?(_ fields: Fields) {
        if let name = fields.string("env") {
            self = .environment(name)
        } else if let path = fields.string("file") {
            self = .file(path)
        } else {
            let command = fields.strings("command")
            guard !command.isEmpty else { return nil }
            self = .command(command)
        }
    }
}
