import Synchronization

/// What is known of the bucket so far. Shared by all who use a store.
final class GCSFacts: Sendable {
    private let moves = Atomic(false)

    /// Objects can be moved in one step: in buckets with a hierarchy of folders.
    var hasMoves: Bool {
        get { moves.load(ordering: .relaxed) }
        set { moves.store(newValue, ordering: .relaxed) }
    }
}
