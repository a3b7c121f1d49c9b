/// What became of the items of a copy.
struct CopyFindings: Sendable {
    /// The first failure; it ends the copy, for what follows would most likely fail alike.
    var failure: CopyFailure?
    /// Files of ours that somebody had changed, and that were copied over.
    var edits = 0
    /// Objects that had to be compared with what their store keeps of them, and of which it keeps nothing that can be compared.
    var unproven = 0
}
