import Platform

/// What a mount shows, without a word of FUSE: the session turns requests of the kernel into these calls, tests call
/// them directly.
///
/// Calls come from many threads at once and must not wait: what is at hand is answered before the call returns, for
/// everything else the reply is kept and answered later, by any thread. Names and other bytes that are handed in are
/// valid during the call only.
///
/// Nodes are known by numbers, of which `.root` is given. The kernel holds a number from the first answer that names it
/// until `forget`; every answer to `lookUp`, every name in a detailed page of a folder and every new name counts one
/// more, unless the reply says that it was not delivered. A number never comes to mean another node, not even after a
/// crash: it is taken from a counter that only grows.
public protocol FileSystem: ChangingFileSystem {
    // MARK: Names and attributes

    func lookUp(_ name: UnsafeRawBufferPointer, in folder: NodeID, _ reply: Reply<Lookup>)
    /// The kernel holds the node that many times less.
    func forget(_ node: NodeID, count: UInt64)
    /// Those of an open file where there is a handle, for somebody who is about to read it.
    func attributes(of node: NodeID, _ handle: HandleID?, _ reply: Reply<NodeAttributes>)
    func target(ofLink node: NodeID, _ reply: Reply<[UInt8]>)
    func room(_ reply: Reply<Room>)

    // MARK: Files

    func open(_ node: NodeID, _ access: Access, by caller: Caller, _ reply: Reply<OpenFile>)
    /// Answers with up to `count` bytes; fewer only at the end of the file.
    func read(_ count: Int, at offset: Int, of node: NodeID, _ handle: HandleID, _ reply: Reply<FileBytes>)
    /// Nobody has the handle any more. There is no answer.
    func release(_ node: NodeID, _ handle: HandleID)
    /// The nearest byte from `offset` on that is data, or in a hole; ENXIO behind the end.
    func seek(_ sought: Sought, from offset: Int, of node: NodeID, _ handle: HandleID, _ reply: Reply<Int>)

    // MARK: Folders

    func openFolder(_ node: NodeID, _ reply: Reply<OpenFile>)
    /// Adds names to the page until it is full or there are no more, then answers. `position` is 0 or that of the last
    /// name which the reader has taken.
    func readFolder(
        _ node: NodeID, _ handle: HandleID, after position: UInt64, into page: any FolderPage, _ reply: Reply<Void>)
    func releaseFolder(_ node: NodeID, _ handle: HandleID)

    // MARK: Extended attributes

    /// ENODATA where there is none of that name. ENOSYS where there are none at all: then the kernel never asks again, which
    /// spares the two requests that `ls -l` makes for each name.
    func extendedAttribute(_ name: UnsafeRawBufferPointer, of node: NodeID, _ reply: Reply<[UInt8]>)
    func extendedAttributeNames(of node: NodeID, _ reply: Reply<[[UInt8]]>)

    // MARK: Saving

    /// Nothing of what is mounted read-only.
    func uploadProgress() -> UploadProgress?
    /// What has come into the bucket since this was asked last.
    func takeUploaded() -> [UploadedFile]
    /// Calls back when all that is whole now is in the bucket, or cannot come there.
    func drain(_ then: @escaping @Sendable () -> Void)
}

/// The place to look for.
public enum Sought: Sendable {
    case data
    case hole
}

extension FileSystem {
    /// Files without holes.
    public func seek(_ sought: Sought, from offset: Int, of node: NodeID, _ handle: HandleID, _ reply: Reply<Int>) {
        attributes(
            of: node, handle,
            reply.map { (attributes: NodeAttributes) throws(SystemError) -> Int in
                guard offset < attributes.size else { throw .beyondEnd }
                return sought == .data ? offset : attributes.size
            })
    }

    public func extendedAttribute(_ name: UnsafeRawBufferPointer, of node: NodeID, _ reply: Reply<[UInt8]>) {
        reply.fail(.notThereAtAll)
    }

    public func extendedAttributeNames(of node: NodeID, _ reply: Reply<[[UInt8]]>) {
        reply.fail(.notThereAtAll)
    }

    public func uploadProgress() -> UploadProgress? { nil }
    public func takeUploaded() -> [UploadedFile] { [] }
    public func drain(_ then: @escaping @Sendable () -> Void) { then() }
}
