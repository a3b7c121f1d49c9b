/// What whoever has it may do what it stands for. Nothing that prints it shows it.
public struct BearerToken: Sendable, Hashable {
    public var text: String

    /// It becomes a line of a request's head; what could not stand there is no token.
    public init?(_ text: String) {
        guard !text.isEmpty, text.utf8.allSatisfy({ 0x20 < $0 && $0 < 0x7F }) else { return nil }
        self.text = text
    }

    /// The header `Authorization` that carries it.
    var authorization: String { Self.scheme + text }

    /// Reads it back from that header.
    init?(authorization: String?) {
        guard let authorization, authorization.hasPrefix(Self.scheme) else { return nil }
        self.init(String(authorization.dropFirst(Self.scheme.count)))
    }

    private static let scheme = "Bearer "
}

extension BearerToken: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    public var description: String { "BearerToken(***)" }
    public var debugDescription: String { description }
    public var customMirror: Mirror { Mirror(self, children: [:]) }
}
