import JSON
import Signing
import Synchronization

/// What is done with the folders of a bucket that has a hierarchy of them.
enum GCSFolderUse: UInt8, AtomicRepresentable {
    /// As if it had none: they are what the names of objects say.
    case none
    /// Those that are there with nothing in them are shown, too.
    case shown
    /// And they are renamed and removed.
    case changed

    private static let showing = ["storage.folders.get", "storage.folders.list"]
    private static let changing = ["storage.folders.create", "storage.folders.delete", "storage.folders.rename"]
    private static let writing = "storage.objects.delete"

    /// As a question about permissions has them.
    static var asked: [QueryItem] { (showing + changing + [writing]).map { QueryItem("permissions", $0) } }

    /// By the permissions that somebody has.
    init(allowedBy granted: Set<String>) {
        if !granted.isSuperset(of: Self.showing) {
            self = .none
        } else if granted.isSuperset(of: Self.changing) {
            self = .changed
        } else {
            // Whoever empties folders, and cannot remove them, would never get rid of them.
            self = granted.contains(Self.writing) ? .none : .shown
        }
    }
}
