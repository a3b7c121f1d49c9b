import Platform

/// What servers say is repeated to people with care.
extension String {
    /// Some messages repeat what was sent.
    func hiding(_ secrets: [String]) -> String {
        secrets.reduce(self) { text, secret in secret.isEmpty ? text : text.replacing(secret, with: "***") }
    }

    /// As much of it as belongs into a message of ours.
    var excerpt: String { count > 400 ? String(prefix(400)).printable + "…" : printable }
}
