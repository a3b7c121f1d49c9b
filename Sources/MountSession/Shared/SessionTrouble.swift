import Platform

/// What a session that serves has to say of its store: why something failed, or why programs wait.
public struct SessionTrouble: Sendable, Equatable {
    /// As documents show it.
    public var code: String
    public var message: String
    public var hint: String?
    public var isRetryable: Bool

    /// Texts are cut to what goes through a pipe at once.
    public init(code: String, _ message: String, hint: String? = nil, isRetryable: Bool) {
        self.code = Self.cut(code, 100)
        self.message = Self.cut(message, 2000)
        self.hint = hint.map { Self.cut($0, 1000) }
        self.isRetryable = isRetryable
    }

    private static func cut(_ text: String, _ most: Int) -> String {
        let text = text.printable
        guard text.utf8.count > most else { return text }
        var end = text.utf8.index(text.startIndex, offsetBy: most - 3)
        while end.samePosition(in: text.unicodeScalars) == nil { text.utf8.formIndex(before: &end) }
        return text[..<end] + "…"
    }
}
