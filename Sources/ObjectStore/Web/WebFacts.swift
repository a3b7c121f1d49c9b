import Synchronization

/// What the last look at a file has told about its server.
final class WebFacts: Sendable {
    private let ranges = Atomic(false)

    /// Ranges are offered, and a strong ETag ties them to one version of the file.
    var hasRanges: Bool {
        get { ranges.load(ordering: .relaxed) }
        set { ranges.store(newValue, ordering: .relaxed) }
    }
}
