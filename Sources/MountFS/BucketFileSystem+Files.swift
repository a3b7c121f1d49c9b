import Glibc
import ObjectStore
import Platform
import Synchronization

extension BucketFileSystem {
    public func open(_ node: NodeID, _ access: Access, _ reply: Reply<OpenFile>) {
        guard access.onlyReads else { return _ = reply.fail(.readOnly) }
        tree.open(node) { [self] result in
            switch result {
            case .failure(let error): reply.fail(error)
            case .success(let opened):
                reading.prepare(opened.file) { [self] in
                    let object = reading.open(opened.file)
                    let handle = handles.withLock { $0.add(object) }
                    guard !reply.answer(OpenFile(handle, opened.isCached ? .kept : .fresh)) else { return }
                    handles.withLock { $0.removeFile(handle) }?.close()
                }
            }
        }
    }

    public func read(
        _ count: Int, at offset: Int, of node: NodeID, _ handle: HandleID, _ reply: Reply<FileBytes>
    ) {
        if let object = handles.withLock({ $0.file(handle) }) { return object.read(count, at: offset, reply) }
        // Given by a session that has crashed. Its number says which version was opened: no other will do.
        tree.open(node) { [self] result in
            switch result {
            case .failure(let error): reply.fail(error)
            case .success(let opened):
                guard OpenHandles.isHandle(handle, of: opened.file) else { return _ = reply.fail(.stale) }
                let object = handles.withLock { handles in
                    handles.file(handle) ?? handles.add(reading.open(opened.file), under: handle)
                }
                object.read(count, at: offset, reply)
            }
        }
    }

    public func release(_ node: NodeID, _ handle: HandleID) { handles.withLock { $0.removeFile(handle) }?.close() }
}
