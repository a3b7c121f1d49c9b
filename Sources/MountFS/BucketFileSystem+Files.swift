import Glibc
import ObjectStore
import Platform
import Synchronization

extension BucketFileSystem {
    public func open(_ node: NodeID, _ access: Access, by caller: Caller, _ reply: Reply<OpenFile>) {
        if !access.onlyReads {
            guard let writing else { return _ = reply.fail(.readOnly) }
            return begin(reply) { [self] () async throws(SystemError) in
                try await openToWrite(node, access, by: caller, writing)
            } undo: { [self] file in
                // Who wanted it open was killed, maybe with what was in it cut off already.
                handles.withLock { $0.file(file.handle) }?.noteDeath()
                release(node, file.handle)
            }
        }
        tree.open(node) { [self] result in
            switch result {
            case .failure(let error): reply.fail(error)
            case .success(.written(let file)): give(OpenedFile(node, file, nil), .fresh, reply)
            case .success(.object(let opened)):
                reading.prepare(opened.file) { [self] in
                    let object = reading.open(opened.file)
                    let handle = handles.withLock { $0.add(object, of: node) }
                    // Somebody may have begun to write to it meanwhile.
                    if let file = tree.written(node) { handles.withLock { $0.file(handle) }?.become(file) }
                    var answer = OpenFile(handle, opened.sharesNode ? .none : opened.isCached ? .kept : .fresh)
                    answer.hasNewSize = opened.hasNewSize
                    // What may be changed has no other content than what is written.
                    if writing == nil, opened.file.version != nil {
                        answer.version = OpenHandles.mark(of: opened.file)
                        answer.local = object.local
                    }
                    guard !reply.answer(answer) else { return }
                    tree.noteUntold(node)
                    release(node, handle)
                }
            }
        }
    }

    private func give(_ file: OpenedFile, _ caching: OpenFile.Caching, _ reply: Reply<OpenFile>) {
        let handle = handles.withLock { $0.add(file) }
        if !reply.answer(OpenFile(handle, caching)) { release(file.node, handle) }
    }

    public func read(
        _ count: Int, at offset: Int, of node: NodeID, _ handle: HandleID, _ reply: Reply<FileBytes>
    ) {
        withFile(node, handle) { [self] result in
            switch result {
            case .failure(let error): reply.fail(error)
            case .success(let file): file.read(count, at: offset, through: reading, reply)
            }
        }
    }

    /// What a handle has open.
    func withFile(
        _ node: NodeID, _ handle: HandleID, _ body: @escaping @Sendable (Result<OpenedFile, SystemError>) -> Void
    ) {
        if let file = handles.withLock({ $0.file(handle) }) { return body(.success(file)) }
        // Given by a session that has crashed. Its number says which version was opened: no other will do.
        tree.open(node, counts: false) { [self] result in
            body(
                result.flatMap { opened in
                    switch opened {
                    case .written(let file): return .success(OpenedFile(node, file, nil))
                    case .object(let opened):
                        guard OpenHandles.isHandle(handle, of: opened.file) || OpenHandles.isHandle(handle, of: node)
                        else { return .failure(.stale) }
                        return .success(
                            handles.withLock { handles in
                                if let file = handles.file(handle) { return file }
                                tree.noteOpen(node, as: opened)
                                return handles.add(OpenedFile(node, reading.open(opened.file)), under: handle)
                            })
                    }
                }.mapError { $0 == .notThere ? .stale : $0 })
        }
    }

    public func release(_ node: NodeID, _ handle: HandleID) {
        guard let file = handles.withLock({ $0.removeFile(handle) }) else { return }
        if let written = file.written, let writing { close(handle, file, written, writing) }
        file.close()
        guard let last = tree.noteClose(node), let writing else { return }
        finish(node, last, writing)
    }
}
