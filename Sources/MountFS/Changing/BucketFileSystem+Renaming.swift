import Glibc
import ObjectStore
import Platform
import Staging
import Synchronization

extension BucketFileSystem {
    public func rename(
        _ name: UnsafeRawBufferPointer, in folder: NodeID, to newName: UnsafeRawBufferPointer, in newFolder: NodeID,
        _ replacing: Replacing, by caller: Caller, _ reply: Reply<Void>
    ) {
        guard let writing else { return _ = reply.fail(.readOnly) }
        let (old, new) = (Place(name: Array(name), folder: folder), Place(name: Array(newName), folder: newFolder))
        begin(reply) { [self] () async throws(SystemError) in
            // Whoever needs several files to be still waits for nobody who does, too.
            await renames.enter()
            defer { renames.leave() }
            await writing.waitForQuiet()
            await hearOfMoves(writing)
            guard replacing != .required else { return try await exchange(old, new, writing) }
            guard let source = try await tree.found(old.name, in: old.folder) else { throw .notThere }
            defer { tree.forget(source, count: 1) }
            do throws(SystemError) {
                try await move(source, from: old, to: new, replacing, caller.request, writing)
            } catch  where error == .notThere {
                // Else it would look as if there had been nothing to move, or, when the request has come again, nothing any more.
                throw .stale
            }
        }
    }

    private func move(
        _ source: NodeID, from old: Place, to new: Place, _ replacing: Replacing, _ request: UInt64,
        _ writing: MountWriting
    ) async throws(SystemError) {
        let target = try await tree.found(new.name, in: new.folder)
        defer { if let target { tree.forget(target, count: 1) } }
        guard source != target else { return }
        // By a session that was killed, for a folder: then what it has copied is there.
        let isBegun = tree.wasMoveBegun(request)
        if target != nil, replacing == .forbidden, !isBegun { throw SystemError(code: EEXIST) }
        let key = try tree.newKey(new.name, in: new.folder)
        try await clear(key, writing)
        let moved = try await tree.changeable(source)
        guard !moved.isFixed else { throw SystemError(code: EBUSY) }
        let replaced: BucketTree.Changeable? = if let target { try await tree.changeable(target) } else { nil }
        switch (moved.kind, replaced?.kind) {
        case (.folder, .folder), (.folder, nil):
            if let replaced, !isBegun { try await removeEmptyFolder(replaced, new.name, in: new.folder, writing) }
            tree.noteMove(request)
            defer { tree.endMove(request) }
            let joins = replaced.map { isBegun && tree.hasNamesThere(in: $0.node) } ?? false
            let move = FolderMove(
                folder: moved, old: old, new: new, newPrefix: key + "/", isBegun: isBegun, joins: joins)
            try await moveFolder(move, writing)
        case (.folder, _): throw SystemError(code: ENOTDIR)
        case (_, .folder): throw SystemError(code: EISDIR)
        default: try await moveFile(moved, to: key, new, over: replaced, writing)
        }
    }

    struct Place: Sendable {
        let name: [UInt8]
        let folder: NodeID
    }

    // MARK: Files

    private func moveFile(
        _ found: BucketTree.Changeable, to key: ObjectKey, _ new: Place, over replaced: BucketTree.Changeable?,
        _ writing: MountWriting
    ) async throws(SystemError) {
        // Whoever has it open goes on with it under its new name.
        guard found.file != nil || found.opens > 0 else {
            return try await moveObject(found, to: key, new, over: replaced, writing)
        }
        let file = try await fileToChange(found.node, writing)
        defer { close(found.node, writing) }
        try await whileGone(replaced, writing) { [self] version async throws(SystemError) in
            try await file.whileStill { () async throws(SystemError) in
                try await move(file, to: key, replacing: version)
                try tree.move(found.node, to: new.name, in: new.folder, nil)
            }
        }
    }

    /// What is only here gets another name; what is in the bucket is copied there.
    func move(
        _ file: WrittenFile, to key: ObjectKey, replacing version: ObjectVersion?
    ) async throws(SystemError) {
        try await prepareToMove(file)
        await file.hear()
        guard let oldKey = file.key else { throw .notThere }
        guard let oldVersion = file.replacing else { return try file.move(to: key, replacing: version) }
        // Also where the new bytes need nothing of it: until they are whole it is all that there is.
        let metadata = file.wantedMetadata
        guard tree.store.capabilities.atomicRename == .none else {
            return try await moveInOneStep(file, StoredObject(oldKey, oldVersion, size: 0), to: key, over: version)
        }
        let stored = file.stored
        let copied = try await copyInStore(oldKey, oldVersion, to: key, metadata)
        // Noted before the old one goes: else it would look, after a crash, as if somebody else had removed it. And that it is to
        // go: else it would look like the file, with older bytes.
        let leftover = try noteLeftover(StoredObject(oldKey, oldVersion, size: 0))
        try file.move(to: key, with: copied, metadata)
        do throws(SystemError) {
            try await delete(oldKey)
        } catch {
            try file.move(to: oldKey, with: oldVersion, stored)
            try leftover?.remove()
            throw error
        }
        try leftover?.remove()
    }

    /// Only the version that the file is based on: another one is somebody else's.
    private func moveInOneStep(
        _ file: WrittenFile, _ object: StoredObject, to key: ObjectKey, over version: ObjectVersion?
    ) async throws(SystemError) {
        let found = try await inStore(object.key) { [store = tree.store] () async throws(StoreError) in
            try await store.stat(object.key, still: object.version)
        }
        try file.noteMove(WrittenMove(found, to: key, over: version))
        let moved: ObjectVersion
        do throws(SystemError) {
            moved = try await moveInStore(object.key, object.version, to: key, nil)
        } catch {
            if let writing { doubt(file, writing) }
            throw error
        }
        try file.move(to: key, with: moved, nil)
    }

    /// An object that is to go, whoever is killed; until what is returned is removed.
    func noteLeftover(_ object: StoredObject) throws(SystemError) -> StagedFile? {
        let description = WrittenDescription(WrittenAttributes(), stored: ObjectMetadata())
        return try writing?.staging.make(
            StagedImage(), base: object.words, name: WrittenFate.doomedWords, description: description.words,
            isTorn: false)
    }

    func prepareToMove(_ file: WrittenFile) async throws(SystemError) {
        // They belong to the old name.
        try file.staged.keepParts()
        try await forgetUpload(of: file)
    }

    private func moveObject(
        _ found: BucketTree.Changeable, to key: ObjectKey, _ new: Place, over replaced: BucketTree.Changeable?,
        _ writing: MountWriting
    ) async throws(SystemError) {
        guard let version = found.facts.version else { throw .readOnly }
        try await whileGone(replaced, writing) { [self] _ async throws(SystemError) in
            let moved = try await moveInStore(found.key, version, to: key, nil)
            try tree.move(found.node, to: new.name, in: new.folder, found.facts.moved(to: moved))
        }
    }

    /// Copies, then deletes: whoever dies between has it twice. Over whatever is there.
    func moveInStore(
        _ key: ObjectKey, _ version: ObjectVersion, to newKey: ObjectKey, _ metadata: ObjectMetadata?
    ) async throws(SystemError) -> ObjectVersion {
        if let moved = try await renameInStore(key, to: newKey) { return moved }
        let copied = try await copyInStore(key, version, to: newKey, metadata)
        try await delete(key)
        return copied
    }

    /// In one step: an object, or a folder with all that is in it. Nothing where the store cannot, or finds now that it may not.
    func renameInStore(_ key: ObjectKey, to newKey: ObjectKey) async throws(SystemError) -> ObjectVersion? {
        let store = tree.store
        func can() -> Bool {
            switch store.capabilities.atomicRename {
            case .none: false
            case .objects: !key.endsInSlash
            case .objectsAndFolders: true
            }
        }
        guard can() else { return nil }
        let renamed = await tree.calls.call(key) { () async throws(StoreError) in
            try await store.rename(key, to: newKey, if: .always)
        }
        switch renamed {
        case .success(let result): return result.version
        case .failure(let error):
            guard can() else { return nil }
            tree.report(error)
            throw SystemError(error)
        }
    }

    private func copyInStore(
        _ key: ObjectKey, _ version: ObjectVersion, to newKey: ObjectKey, _ metadata: ObjectMetadata?
    ) async throws(SystemError) -> ObjectVersion {
        try await inStore(key) { [store = tree.store] () async throws(StoreError) in
            try await store.copyAnySize(CopySource(key, version), to: newKey, metadata).version
        }
    }

    /// Has `body` run while what is to be replaced is not on its way into the bucket; afterwards it has no name. The version is
    /// what the bucket has there.
    private func whileGone(
        _ replaced: BucketTree.Changeable?, _ writing: MountWriting,
        _ body: (ObjectVersion?) async throws(SystemError) -> Void
    ) async throws(SystemError) {
        guard let replaced else { return try await body(nil) }
        guard replaced.file != nil || replaced.opens > 0 else { return try await body(replaced.facts.version) }
        let file = try await fileToChange(replaced.node, writing)
        defer { close(replaced.node, writing) }
        try await file.whileStill { () async throws(SystemError) in
            try await forgetUpload(of: file)
            await file.hear()
            do throws(SystemError) {
                if replaced.opens > 0 { try await fetchRest(of: file) }
                try file.giveWay()
                try await body(file.replacing)
            } catch {
                if let key = file.key { try file.move(to: key, replacing: file.replacing) }
                // It stays what it was, with some of its bytes staged.
                if file.isTorn { try file.saveBehind() }
                throw error
            }
            try file.move(to: nil, replacing: nil)
        }
    }
}
