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
        if let file = handles.withLock({ $0.fileOrAwait(handle) }) { return body(.success(file)) }
        // Given by a session that has crashed. Its number says which version was opened: no other will do.
        tree.open(node, counts: false) { [self] result in
            switch result {
            case .failure(let error): body(.failure(error == .notThere ? .stale : error))
            case .success(let opened):
                guard let found = takeBack(handle, of: node, opened) else { return withFile(node, handle, body) }
                body(found)
            }
        }
    }

    /// Counts it as open again. Nothing when what was found is not so any more.
    private func takeBack(
        _ handle: HandleID, of node: NodeID, _ opened: BucketTree.Opened
    ) -> Result<OpenedFile, SystemError>? {
        let found = handles.withLock { handles -> Result<OpenedFile, SystemError>? in
            if let file = handles.file(handle) { return .success(file) }
            // Its last program has gone meanwhile.
            guard handles.isAwaited(handle) else { return .failure(.stale) }
            let file: OpenedFile
            switch opened {
            case .written(let written):
                guard tree.noteOpen(node, reading: written) else { return nil }
                file = OpenedFile(node, written, nil)
            case .object(let opened):
                guard OpenHandles.isHandle(handle, of: opened.file) || OpenHandles.isHandle(handle, of: node) else {
                    return .failure(.stale)
                }
                tree.noteOpen(node, as: opened)
                file = OpenedFile(node, reading.open(opened.file))
            }
            return .success(handles.add(file, under: handle))
        }
        // Somebody may have begun to write to it meanwhile.
        if case .success(let file)? = found, file.version != nil, let written = tree.written(node) {
            file.become(written)
        }
        return found
    }

    public func release(_ node: NodeID, _ handle: HandleID) {
        guard let file = handles.withLock({ $0.removeFile(handle) }) else { return }
        if let written = file.written, let writing { close(handle, file, written, writing) }
        file.close()
        guard let last = tree.noteClose(node), let writing else { return }
        finish(node, last, writing)
    }
}
