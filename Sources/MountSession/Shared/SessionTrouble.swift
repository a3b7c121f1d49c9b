import Platform

/// What a session that serves has to say of its store: why something failed, or why programs wait.
public struct SessionTrouble: Sendable, Equatable {
    /// As documents show it.
    public var code: String
    public var message: String
    public var hint: String?
    public var isRetryable: Bool

    /// Texts are cut to what goes through a pipe at once. A message begins with a key, which may be long; the reason, and
    /// which request it was, stands at its end.
    public init(code: String, _ message: String, hint: String? = nil, isRetryable: Bool) {
        self.code = code.cut(to: 100)
        self.message = message.cut(to: 2000, withEnd: 500)
        self.hint = hint?.cut(to: 1000)
        self.isRetryable = isRetryable
    }
}
