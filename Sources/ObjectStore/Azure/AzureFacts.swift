import HTTP
import Synchronization

/// What is known of the account, and what this process has done to it. Shared by all who use a store.
final class AzureFacts: Sendable {
    private struct State {
        /// Folders are real there, and listings walk a tree of them.
        var isHierarchical: Bool?
        var hasMoves = false
        var aborted: Set<String> = []
    }

    private let state = Mutex(State())

    /// Nothing while nobody has asked, or who asked may not know it.
    var isHierarchical: Bool? { state.withLock { $0.isHierarchical } }

    /// Files and folders can be moved in one step: there are real folders, and their host has answered whoever asks here.
    var hasMoves: Bool { state.withLock { $0.hasMoves && $0.isHierarchical == true } }

    func noteMoves() { state.withLock { $0.hasMoves = true } }

    /// The account's two hosts have each a word of their own for it.
    func learn(_ headers: HTTPHeaders) {
        guard let text = headers["x-ms-is-hns-enabled"] ?? headers["x-ms-namespace-enabled"] else { return }
        state.withLock { $0.isHierarchical = text.lowercased() == "true" }
    }

    /// The service knows blocks and no uploads, so that it cannot be told to refuse one.
    func noteAbort(of id: String) { state.withLock { _ = $0.aborted.insert(id) } }

    func isAborted(_ id: String) -> Bool { state.withLock { $0.aborted.contains(id) } }
}
