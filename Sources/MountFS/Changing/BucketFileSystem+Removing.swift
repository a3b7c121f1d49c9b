import Glibc
import ObjectStore
import Platform
import Staging
import Synchronization

extension BucketFileSystem {
    public func remove(_ name: UnsafeRawBufferPointer, in folder: NodeID, _ reply: Reply<Void>) {
        takeAway(name, in: folder, reply) { [self] found, name, writing async throws(SystemError) in
            guard found.kind != .folder else { throw SystemError(code: EISDIR) }
            guard found.file != nil || found.opens > 0 else {
                try await delete(found.key)
                return tree.removeName(name, in: folder, isKnown: true)
            }
            let file = try await fileToChange(found.node, writing)
            defer { close(found.node, writing) }
            try await remove(file, at: found.node, name, in: folder, isOpen: found.opens > 0, writing)
        }
    }

    public func removeFolder(_ name: UnsafeRawBufferPointer, in folder: NodeID, _ reply: Reply<Void>) {
        takeAway(name, in: folder, reply) { [self] found, name, writing async throws(SystemError) in
            guard found.kind == .folder else { throw SystemError(code: ENOTDIR) }
            try await removeEmptyFolder(found, name, in: folder, writing)
        }
    }

    /// What has the name is given to `body`, as it is now.
    private func takeAway(
        _ name: UnsafeRawBufferPointer, in folder: NodeID, _ reply: Reply<Void>,
        _ body: @escaping @Sendable (BucketTree.Changeable, [UInt8], MountWriting) async throws(SystemError) -> Void
    ) {
        guard let writing else { return _ = reply.fail(.readOnly) }
        let name = Array(name)
        begin(reply) { [self] () async throws(SystemError) in
            await waitForMoves(of: folder, writing)
            await hearOfMoves(writing)
            guard let node = try await tree.found(name, in: folder) else { throw .notThere }
            defer { tree.forget(node, count: 1) }
            try await body(try await tree.changeable(node), name, writing)
        }
    }

    /// A file that somebody has open is to be read to its end: its object goes when that has been closed.
    private func remove(
        _ file: WrittenFile, at node: NodeID, _ name: [UInt8], in folder: NodeID, isOpen: Bool, _ writing: MountWriting
    ) async throws(SystemError) {
        try await file.whileStill { () async throws(SystemError) in
            guard let key = file.key else { throw .notThere }
            await file.hear()
            try await forgetUpload(of: file)
            guard let version = file.replacing else {
                try file.move(to: nil, replacing: nil)
                return tree.removeName(name, in: folder, isKnown: true)
            }
            let base = file.staged.state.base.flatMap(StoredObject.init(words:))
            let object = base?.key == key && base?.version == version ? base : nil
            if isOpen, let object {
                try file.doom()
                let place = Place(name: name, folder: folder)
                writing.doom(MountWriting.Doomed(object: object, node: node, file: file, place: place))
                tree.removeName(name, in: folder, isKnown: false)
            } else {
                // Noted before: should everybody be killed, what waits here would else find its object gone, as if by another's
                // hand, or the object would show in its place.
                let leftover = try object == nil ? noteLeftover(StoredObject(key, version, size: 0)) : nil
                try file.noteRemoval(ofObject: object != nil)
                do throws(SystemError) {
                    try await delete(key)
                } catch {
                    try file.move(to: key, replacing: version)
                    try leftover?.remove()
                    throw error
                }
                try file.move(to: nil, replacing: nil)
                try leftover?.remove()
                tree.removeName(name, in: folder, isKnown: true)
            }
        }
    }

    func forgetUpload(of file: WrittenFile) async throws(SystemError) {
        // One that is on its way may begin it.
        await file.ahead.wait()
        guard file.staged.state.upload != nil else { return }
        do throws(Uploader.Failure) {
            try await file.uploader.forgetUpload(of: file.staged)
        } catch {
            switch error {
            case .disk(let error): throw error
            // The store clears up by itself, some day.
            case .store(let error), .conflict(let error): tree.report(error)
            }
        }
    }

    /// Whatever is there, or only one version of it.
    func delete(_ key: ObjectKey, _ version: ObjectVersion? = nil) async throws(SystemError) {
        try await inStore(key) { [store = tree.store] () async throws(StoreError) in
            let decides = store.capabilities.conditionalDelete
            if let version, !decides {
                guard try await store.statIfAny(key)?.version == version else { return }
            }
            let results = try await store.delete([Deletion(key, ifVersion: decides ? version : nil)])
            for result in results {
                do throws(StoreError) {
                    try result.get()
                } catch  where version != nil && error.code == .conditionFailed {
                    // It is another object, which nobody wanted to delete.
                }
            }
        }
    }

    /// A call of the store with an end, whose failure is in the log.
    func inStore<Answer: Sendable>(
        _ key: ObjectKey, _ body: @escaping @Sendable () async throws(StoreError) -> Answer
    ) async throws(SystemError) -> Answer {
        switch await tree.calls.call(key, body) {
        case .success(let answer): return answer
        case .failure(let error):
            tree.report(error)
            throw SystemError(error)
        }
    }
}
