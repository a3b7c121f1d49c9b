import Signing

/// What whoever asks may do in a bucket with a hierarchy of folders, as far as it makes a difference to what is done.
struct GCSRights: Sendable {
    static let moving = "storage.objects.move"
    private static let deleting = "storage.objects.delete"
    private static let showing = ["storage.folders.get", "storage.folders.list"]
    private static let changing = ["storage.folders.create", "storage.folders.delete", "storage.folders.rename"]

    private static let looked = [moving, deleting] + showing + changing

    /// As a question about permissions has them.
    static var asked: [QueryItem] { looked.map { QueryItem("permissions", $0) } }

    static var all: GCSRights { GCSRights(Set(looked)) }

    /// Objects, in one step.
    let mayMove: Bool
    let mayDelete: Bool
    let folders: GCSFolderUse

    /// By the permissions that somebody has.
    init(_ granted: Set<String>) {
        mayMove = granted.contains(Self.moving)
        mayDelete = granted.contains(Self.deleting)
        if !granted.isSuperset(of: Self.showing) {
            folders = .none
        } else if mayMove, granted.isSuperset(of: Self.changing) {
            folders = .changed
        } else {
            // Whoever empties folders, and cannot remove them, would never get rid of them.
            folders = mayDelete ? .none : .shown
        }
    }
}
