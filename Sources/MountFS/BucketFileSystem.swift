import Glibc
public import Platform
import Synchronization

/// A bucket as a file system that is read: names come from the tree, bytes from those who read objects.
public final class BucketFileSystem: FileSystem {
    let tree: BucketTree
    let reading: ObjectReading
    /// Nothing where nothing may be changed.
    let writing: MountWriting?
    let renames = Gate(1)
    let handles = Mutex(OpenHandles())

    /// `isFirst`: no session has been before this one on the mount. What one that crashed has left is gone on with then, and what
    /// a run before this one has left is seen to.
    public init(
        _ tree: BucketTree, _ reading: ObjectReading, writing: MountWriting? = nil, isFirst: Bool = true
    ) throws(SystemError) {
        self.tree = tree
        self.reading = reading
        self.writing = writing
        if let writing { try recover(writing, isFirst: isFirst) }
    }

    // MARK: Names and attributes

    public func lookUp(_ name: UnsafeRawBufferPointer, in folder: NodeID, _ reply: Reply<Lookup>) {
        tree.lookUp(name, in: folder, reply)
    }

    public func forget(_ node: NodeID, count: UInt64) { tree.forget(node, count: count) }

    public func attributes(of node: NodeID, _ handle: HandleID?, _ reply: Reply<NodeAttributes>) {
        guard let handle else { return tree.attributes(of: node, reply) }
        withFile(node, handle) { [self] result in
            switch result {
            case .failure(let error): reply.fail(error)
            case .success(let file): tree.attributes(of: node, for: file.version, reply)
            }
        }
    }

    public func target(ofLink node: NodeID, _ reply: Reply<[UInt8]>) { tree.target(ofLink: node, reply) }

    /// Nobody knows how much a bucket takes: programs that look for room before they write shall find some.
    public func room(_ reply: Reply<Room>) {
        reply.answer(
            Room(bytes: 1 << 50, freeBytes: 1 << 50, nodes: 1 << 32, freeNodes: 1 << 32, longestName: ShownName.longest)
        )
    }

    // MARK: Folders

    public func openFolder(_ node: NodeID, _ reply: Reply<OpenFile>) {
        guard tree.prefix(of: node) != nil else { return _ = reply.fail(.notThere) }
        let handle = handles.withLock { $0.add(FolderReading(node, tree)) }
        // The kernel remembers names for as long as it was told, not for as long as the folder is open.
        if !reply.answer(OpenFile(handle, .none)) { handles.withLock { $0.removeFolder(handle) } }
    }

    public func readFolder(
        _ node: NodeID, _ handle: HandleID, after position: UInt64, into page: any FolderPage, _ reply: Reply<Void>
    ) {
        // A handle that is unknown was given by a session that has crashed; positions mean the same to this one.
        let folder = handles.withLock { handles in
            handles.folder(handle) ?? handles.add(FolderReading(node, tree), under: handle)
        }
        folder.read(after: position, into: page, reply)
    }

    public func releaseFolder(_ node: NodeID, _ handle: HandleID) { handles.withLock { $0.removeFolder(handle) } }
}
