import Platform
import TaskFile

/// Permission bits and owner of what is made: those of the source and our own, unless the task says otherwise.
struct CopyAttributes: Sendable {
    private var fileMode: UInt32?
    private var folderMode: UInt32?
    let owner: FileOwner
    /// What the process takes away from the bits it asks for.
    let umask: UInt32

    init(_ stated: Mount.Ownership) {
        fileMode = stated.fileMode.map { UInt32($0) }
        folderMode = stated.dirMode.map { UInt32($0) }
        owner = stated.owner
        umask = ProcessMask.current
    }

    /// The task says something of folders.
    var changesFolders: Bool { folderMode != nil || owner != .ours }

    /// Where the source knows none it is what any program would make.
    func file(stored: UInt32?) -> UInt32 { fileMode ?? stored.map { $0 & 0o777 } ?? 0o666 & ~umask }
    func folder(stored: UInt32?) -> UInt32 { folderMode ?? stored.map { $0 & 0o777 } ?? 0o777 & ~umask }
}
