public import Platform

/// The half of a file system that changes things. What is not implemented is refused as on a file system that is
/// mounted read-only, so a file system that only reads has nothing to say here.
public protocol ChangingFileSystem: AnyObject, Sendable {
    // MARK: Names

    /// A new file, open. Where the name is taken already: EEXIST, also when `access` does not ask to be exclusive,
    /// since the kernel looks first.
    func make(
        _ name: UnsafeRawBufferPointer, in folder: NodeID, mode: UInt32, _ access: Access, by caller: Caller,
        _ reply: Reply<NewFile>)
    /// The file that a session before this one has made for the same request, and did not live to tell of: as if `make` had made
    /// it. EEXIST where what has the name came there in another way.
    func findMade(
        _ name: UnsafeRawBufferPointer, in folder: NodeID, _ access: Access, by caller: Caller,
        _ reply: Reply<NewFile>)
    func makeFolder(
        _ name: UnsafeRawBufferPointer, in folder: NodeID, mode: UInt32, by caller: Caller, _ reply: Reply<Lookup>)
    func makeLink(
        _ name: UnsafeRawBufferPointer, in folder: NodeID, to target: UnsafeRawBufferPointer, by caller: Caller,
        _ reply: Reply<Lookup>)
    /// A file that is not opened, or a pipe, socket or device, as the type bits of `mode` say.
    func makeNode(
        _ name: UnsafeRawBufferPointer, in folder: NodeID, mode: UInt32, by caller: Caller, _ reply: Reply<Lookup>)
    /// A second name for a node.
    func link(_ node: NodeID, as name: UnsafeRawBufferPointer, in folder: NodeID, _ reply: Reply<Lookup>)
    func remove(_ name: UnsafeRawBufferPointer, in folder: NodeID, _ reply: Reply<Void>)
    func removeFolder(_ name: UnsafeRawBufferPointer, in folder: NodeID, _ reply: Reply<Void>)
    func rename(
        _ name: UnsafeRawBufferPointer, in folder: NodeID, to newName: UnsafeRawBufferPointer, in newFolder: NodeID,
        _ replacing: Replacing, by caller: Caller, _ reply: Reply<Void>)

    // MARK: Content

    func write(
        _ bytes: UnsafeRawBufferPointer, at offset: Int, of node: NodeID, _ handle: HandleID, _ reply: Reply<Int>)
    func reserve(
        _ count: Int, at offset: Int, of node: NodeID, _ handle: HandleID, mode: Int32, _ reply: Reply<Void>)
    /// Somebody closes the file; others may have it open still.
    func flush(_ node: NodeID, _ handle: HandleID, by caller: Caller, _ reply: Reply<Void>)
    func synchronize(_ node: NodeID, _ handle: HandleID, _ reply: Reply<Void>)
    func synchronizeFolder(_ node: NodeID, _ handle: HandleID, _ reply: Reply<Void>)

    // MARK: Attributes

    func change(_ changes: AttributeChanges, of node: NodeID, _ handle: HandleID?, _ reply: Reply<NodeAttributes>)
    func setExtendedAttribute(
        _ name: UnsafeRawBufferPointer, to value: UnsafeRawBufferPointer, of node: NodeID, _ replacing: Replacing,
        _ reply: Reply<Void>)
    func removeExtendedAttribute(_ name: UnsafeRawBufferPointer, of node: NodeID, _ reply: Reply<Void>)
}

/// What is to happen where something of the name is already.
public enum Replacing: Sendable {
    case allowed
    case forbidden
    /// Of extended attributes: it must be there. Of names: the two change places.
    case required
}

/// A file that was made, and is open.
public struct NewFile: Sendable {
    public var entry: Entry
    public var file: OpenFile

    public init(_ entry: Entry, _ file: OpenFile) {
        self.entry = entry
        self.file = file
    }
}

/// Who asks. The numbers are 0 where the kernel cannot tell, as of processes in other namespaces.
public struct Caller: Sendable, Equatable {
    public var user: UInt32
    public var group: UInt32
    /// A thread, not the process that it belongs to.
    public var thread: Int32
    /// Said of who opens a file for writing and of who closes one: of others nobody asks, since looking costs time.
    public var process: Int32
    /// A signal is ending the process at this moment. Said of who closes a file.
    public var isDying: Bool
    public var umask: UInt32
    /// The number of what is asked for, by which it is known when it comes again after a crash; 0 where it has none. Said of who
    /// opens a file for writing and of who renames something.
    public var request: UInt64

    public init(
        user: UInt32, group: UInt32, thread: Int32, umask: UInt32, process: Int32 = 0, isDying: Bool = false,
        request: UInt64 = 0
    ) {
        self.user = user
        self.group = group
        self.thread = thread
        self.process = process
        self.isDying = isDying
        self.umask = umask
        self.request = request
    }
}

/// Attributes that are to be set; the others stay.
public struct AttributeChanges: Sendable, Equatable {
    public enum Time: Sendable, Equatable {
        case now
        case at(FileTime)
    }

    public var mode: UInt32?
    public var owner: UInt32?
    public var group: UInt32?
    public var size: Int?
    public var accessed: Time?
    public var modified: Time?

    public init() {}
}
