/// Where a secret is to be read. It has no description but stars, so that no message can print a literal by accident.
public enum SecretInput: Sendable, Hashable, CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    case literal(String)
    case environment(String)
    case file(String)
    /// A program with its arguments, which prints the secret.
    case command([String])

    public var description: String { "***" }
    public var debugDescription: String { "***" }
    public var customMirror: Mirror { Mirror(self, children: [:]) }
}
