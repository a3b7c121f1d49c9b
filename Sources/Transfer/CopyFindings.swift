/// What became of the items of a copy.
struct CopyFindings: Sendable {
    /// The first failure; it ends the copy, for what follows would most likely fail alike.
    var failure: CopyFailure?
    /// Files of ours that somebody had changed, and that were copied over.
    var edits = 0
}
