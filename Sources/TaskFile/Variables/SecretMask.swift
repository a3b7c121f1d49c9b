/// Hides the values of a task's secrets in texts for people and programs. Whoever writes a message shows `shown`
/// texts; this stands behind them for what was taken apart on the way, such as the host of a URL.
public struct SecretMask: Sendable {
    /// The longest first: one may be a part of another.
    private let values: [String]

    init(_ values: [String]) {
        // Hiding every `1` or `no` would only make messages unreadable.
        self.values = values.filter { $0.utf8.count >= 4 }.sorted { $0.utf8.count > $1.utf8.count }
    }

    public func hide(_ text: String) -> String {
        values.reduce(text) { $0.contains($1) ? $0.replacing($1, with: "***") : $0 }
    }

    public func hide(_ diagnostic: Diagnostic) -> Diagnostic {
        var hidden = diagnostic
        hidden.message = hide(diagnostic.message)
        hidden.hint = diagnostic.hint.map(hide)
        return hidden
    }
}
