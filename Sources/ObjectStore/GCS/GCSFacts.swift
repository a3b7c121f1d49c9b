import HTTP
import Synchronization

/// What is known of the server and the bucket so far. Shared by all who use a store.
final class GCSFacts: Sendable {
    private let moves = Atomic(false)
    private let folders = Atomic(GCSFolderUse.none)
    private let isGoogles: Atomic<Bool>

    init(_ server: GCSServer) {
        isGoogles = Atomic(server == .google)
    }

    /// Objects can be moved in one step: in buckets with a hierarchy of folders.
    var hasMoves: Bool {
        get { moves.load(ordering: .relaxed) }
        set { moves.store(newValue, ordering: .relaxed) }
    }

    var folderUse: GCSFolderUse {
        get { folders.load(ordering: .relaxed) }
        set { folders.store(newValue, ordering: .relaxed) }
    }

    var server: GCSServer { isGoogles.load(ordering: .relaxed) ? .google : .emulator }

    func learn(_ headers: HTTPHeaders) {
        guard server != .google, GCSServer(headers) == .google else { return }
        isGoogles.store(true, ordering: .relaxed)
    }
}
