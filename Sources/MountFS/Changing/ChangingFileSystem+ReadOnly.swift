import Platform

extension ChangingFileSystem {
    public func make(
        _ name: UnsafeRawBufferPointer, in folder: NodeID, mode: UInt32, _ access: Access, by caller: Caller,
        _ reply: Reply<NewFile>
    ) { reply.fail(.readOnly) }

    public func findMade(
        _ name: UnsafeRawBufferPointer, in folder: NodeID, _ access: Access, by caller: Caller,
        _ reply: Reply<NewFile>
    ) { reply.fail(.readOnly) }

    public func makeFolder(
        _ name: UnsafeRawBufferPointer, in folder: NodeID, mode: UInt32, by caller: Caller, _ reply: Reply<Lookup>
    ) { reply.fail(.readOnly) }

    public func makeLink(
        _ name: UnsafeRawBufferPointer, in folder: NodeID, to target: UnsafeRawBufferPointer, by caller: Caller,
        _ reply: Reply<Lookup>
    ) { reply.fail(.readOnly) }

    public func makeNode(
        _ name: UnsafeRawBufferPointer, in folder: NodeID, mode: UInt32, by caller: Caller, _ reply: Reply<Lookup>
    ) { reply.fail(.readOnly) }

    public func link(_ node: NodeID, as name: UnsafeRawBufferPointer, in folder: NodeID, _ reply: Reply<Lookup>) {
        reply.fail(.readOnly)
    }

    public func remove(_ name: UnsafeRawBufferPointer, in folder: NodeID, _ reply: Reply<Void>) {
        reply.fail(.readOnly)
    }

    public func removeFolder(_ name: UnsafeRawBufferPointer, in folder: NodeID, _ reply: Reply<Void>) {
        reply.fail(.readOnly)
    }

    public func rename(
        _ name: UnsafeRawBufferPointer, in folder: NodeID, to newName: UnsafeRawBufferPointer, in newFolder: NodeID,
        _ replacing: Replacing, by caller: Caller, _ reply: Reply<Void>
    ) { reply.fail(.readOnly) }

    public func write(
        _ bytes: UnsafeRawBufferPointer, at offset: Int, of node: NodeID, _ handle: HandleID, _ reply: Reply<Int>
    ) { reply.fail(.readOnly) }

    public func reserve(
        _ count: Int, at offset: Int, of node: NodeID, _ handle: HandleID, mode: Int32, _ reply: Reply<Void>
    ) { reply.fail(.readOnly) }

    public func change(
        _ changes: AttributeChanges, of node: NodeID, _ handle: HandleID?, _ reply: Reply<NodeAttributes>
    ) { reply.fail(.readOnly) }

    public func setExtendedAttribute(
        _ name: UnsafeRawBufferPointer, to value: UnsafeRawBufferPointer, of node: NodeID, _ replacing: Replacing,
        _ reply: Reply<Void>
    ) { reply.fail(.readOnly) }

    public func removeExtendedAttribute(_ name: UnsafeRawBufferPointer, of node: NodeID, _ reply: Reply<Void>) {
        reply.fail(.readOnly)
    }

    // Where nothing can be changed, everything is in its place.

    public func flush(_ node: NodeID, _ handle: HandleID, by caller: Caller, _ reply: Reply<Void>) { reply.answer(()) }
    public func synchronize(_ node: NodeID, _ handle: HandleID, _ reply: Reply<Void>) { reply.answer(()) }
    public func synchronizeFolder(_ node: NodeID, _ handle: HandleID, _ reply: Reply<Void>) { reply.answer(()) }
}
