/// The values of a task's secrets, to keep them out of what is shown. Texts that a secret was put into know how they may
/// be shown; this is the second line, for what was cut out of such a text and put into a message or a plan.
public struct SecretValues: Sendable, Equatable {
    private var values: Set<String> = []

    /// Shorter ones hide nothing, and their letters stand in every other word.
    private static let shortest = 4

    init() {}

    /// Those of another process of ours.
    public init(_ values: [String]) { self.values = Set(values) }

    public var all: [String] { values.sorted() }

    mutating func insert(_ value: String) {
        guard value.count >= Self.shortest else { return }
        values.insert(value)
        // Names of buckets are suggested in lower case.
        values.insert(value.lowercased())
    }

    public func removed(from text: String) -> String {
        // The longest first: one may be the beginning of another.
        values.sorted { $0.utf8.count > $1.utf8.count }.reduce(text) { text, value in
            text.contains(value) ? text.replacing(value, with: "***") : text
        }
    }
}
