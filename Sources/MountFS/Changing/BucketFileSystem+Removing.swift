import Glibc
import ObjectStore
import Platform
import Staging
import Synchronization

extension BucketFileSystem {
    public func remove(_ name: UnsafeRawBufferPointer, in folder: NodeID, _ reply: Reply<Void>) {
        guard let writing else { return _ = reply.fail(.readOnly) }
        let name = Array(name)
        begin(reply) { [self] () async throws(SystemError) in
            await hearOfMoves(of: folder, writing)
            let place = Place(name: name, folder: folder)
            while case .written(let node, let isOpen) = try await removeObject(at: place, writing) {
                defer { tree.forget(node, count: 1) }
                if try await removeFile(node, at: place, isOpen: isOpen, writing) { return }
            }
        }
    }

    public func removeFolder(_ name: UnsafeRawBufferPointer, in folder: NodeID, _ reply: Reply<Void>) {
        guard let writing else { return _ = reply.fail(.readOnly) }
        let name = Array(name)
        begin(reply) { [self] () async throws(SystemError) in
            await hearOfMoves(of: folder, writing)
            try await whileStaying(folder, writing) { () async throws(SystemError) in
                guard let node = try await tree.found(name, in: folder) else { throw .notThere }
                defer { tree.forget(node, count: 1) }
                let found = try await tree.changeable(node)
                guard found.kind == .folder else { throw SystemError(code: ENOTDIR) }
                try await removeEmptyFolder(found, name, in: folder, writing)
            }
        }
    }

    private enum Removal {
        case done
        /// It is more than an object: nothing was done, and the node is held once more.
        case written(NodeID, isOpen: Bool)
    }

    private func removeObject(at place: Place, _ writing: MountWriting) async throws(SystemError) -> Removal {
        try await whileStaying(place.folder, writing) { () async throws(SystemError) in
            guard let node = try await tree.found(place.name, in: place.folder) else { throw .notThere }
            var isNeeded = false
            defer { if !isNeeded { tree.forget(node, count: 1) } }
            let found = try await tree.changeable(node)
            guard found.kind != .folder else { throw SystemError(code: EISDIR) }
            isNeeded = found.file != nil || found.opens > 0
            guard !isNeeded else { return .written(node, isOpen: found.opens > 0) }
            try await delete(found.key)
            tree.removeName(place.name, in: place.folder, isKnown: true)
            return .done
        }
    }

    /// False when the folder that it is in is about to move, or another file has the name now: then nothing was done.
    private func removeFile(
        _ node: NodeID, at place: Place, isOpen: Bool, _ writing: MountWriting
    ) async throws(SystemError) -> Bool {
        let file = try await fileToChange(node, writing)
        defer { close(node, writing) }
        let isDone = try await file.whileStill { () async throws(SystemError) -> Bool? in
            guard let key = file.key, tree.isNamed(place.name, in: place.folder, node) else { return false }
            // It may have been, while this waited for it, without anybody having heard of that.
            if file.isMoveUnheard { await file.hearOfAll() }
            guard file.key == key else { return false }
            // Whoever moves the folder waits for the file.
            return try await writing.uploader.moving.ifStaying(key) { () async throws(SystemError) in
                try await remove(file, key, at: node, place, isOpen: isOpen, writing)
                return true
            }
        }
        if isDone == nil, let key = file.key { await writing.uploader.moving.wait(for: key) }
        return isDone ?? false
    }

    /// A file that somebody has open is to be read to its end: its object goes when that has been closed.
    private func remove(
        _ file: WrittenFile, _ key: ObjectKey, at node: NodeID, _ place: Place, isOpen: Bool, _ writing: MountWriting
    ) async throws(SystemError) {
        await file.hear()
        try await forgetUpload(of: file)
        guard let version = file.replacing else {
            try file.move(to: nil, replacing: nil)
            return tree.removeName(place.name, in: place.folder, isKnown: true)
        }
        let base = file.staged.state.base.flatMap(StoredObject.init(words:))
        let object = base?.key == key && base?.version == version ? base : nil
        if isOpen, let object {
            try file.doom()
            writing.doom(MountWriting.Doomed(object: object, node: node, file: file, place: place))
            tree.removeName(place.name, in: place.folder, isKnown: false)
        } else {
            // Noted before: should everybody be killed, what waits here would else find its object gone, as if by another's hand, or
            // the object would show in its place.
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
            tree.removeName(place.name, in: place.folder, isKnown: true)
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
