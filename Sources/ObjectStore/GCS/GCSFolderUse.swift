import Synchronization

/// What is done with the folders of a bucket that has a hierarchy of them.
enum GCSFolderUse: UInt8, AtomicRepresentable {
    /// As if it had none: they are what the names of objects say.
    case none
    /// Those that are there with nothing in them are shown, too.
    case shown
    /// And they are renamed and removed.
    case changed
}
