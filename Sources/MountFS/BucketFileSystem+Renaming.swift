import Glibc
import ObjectStore
import Platform
import Staging
import Synchronization

extension BucketFileSystem {
    public func rename(
        _ name: UnsafeRawBufferPointer, in folder: NodeID, to newName: UnsafeRawBufferPointer, in newFolder: NodeID,
        _ replacing: Replacing, _ reply: Reply<Void>
    ) {
        guard let writing else { return _ = reply.fail(.readOnly) }
        // The store could only do it in steps that others see.
        guard replacing != .required else { return _ = reply.fail(SystemError(code: EINVAL)) }
        let (old, new) = (Place(name: Array(name), folder: folder), Place(name: Array(newName), folder: newFolder))
        begin(reply) { [self] () async throws(SystemError) in
            // Whoever needs several files to be still waits for nobody who does, too.
            await renames.enter()
            defer { renames.leave() }
            guard let source = try await tree.found(old.name, in: old.folder) else { throw .notThere }
            defer { tree.forget(source, count: 1) }
            let target = try await tree.found(new.name, in: new.folder)
            defer { if let target { tree.forget(target, count: 1) } }
            guard source != target else { return }
            if target != nil, replacing == .forbidden { throw SystemError(code: EEXIST) }
            let key = try tree.newKey(new.name, in: new.folder)
            await writing.uploader.deletions.wait(for: key)
            let moved = try await tree.changeable(source)
            guard !moved.isFixed else { throw SystemError(code: EBUSY) }
            let replaced: BucketTree.Changeable? =
                if let target { try await tree.changeable(target) } else { nil }
            switch (moved.kind, replaced?.kind) {
            case (.folder, .folder), (.folder, nil):
                if let replaced { try await removeEmptyFolder(replaced, new.name, in: new.folder) }
                try await moveFolder(moved, to: key, new, writing)
            case (.folder, _): throw SystemError(code: ENOTDIR)
            case (_, .folder): throw SystemError(code: EISDIR)
            default: try await moveFile(moved, to: key, new, over: replaced, writing)
            }
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
    private func move(
        _ file: WrittenFile, to key: ObjectKey, replacing version: ObjectVersion?
    ) async throws(SystemError) {
        guard let oldKey = file.key else { throw .notThere }
        // Its parts belong to the old name, and are nowhere else any more.
        guard file.staged.state.image.sent.isEmpty else { throw SystemError(code: EBUSY) }
        try await forgetUpload(of: file)
        guard let oldVersion = file.replacing else { return try file.move(to: key, replacing: version) }
        // Also where the new bytes need nothing of it: until they are whole it is all that there is.
        let staged = file.staged.state
        let metadata = file.wantedMetadata
        let moved = try await moveInStore(oldKey, oldVersion, to: key, metadata)
        try file.move(to: key, replacing: moved)
        if let base = staged.base.flatMap(StoredObject.init(words:)), base.key == oldKey, base.version == oldVersion {
            let isCopy = tree.store.capabilities.atomicRename == .none
            try file.rebase(on: StoredObject(key, moved, size: base.size), isCopy ? metadata : nil)
        }
    }

    private func moveObject(
        _ found: BucketTree.Changeable, to key: ObjectKey, _ new: Place, over replaced: BucketTree.Changeable?,
        _ writing: MountWriting
    ) async throws(SystemError) {
        guard let version = found.facts.version else { throw .readOnly }
        try await whileGone(replaced, writing) { [self] _ async throws(SystemError) in
            let moved = try await moveInStore(found.key, version, to: key, nil)
            var facts = found.facts
            facts.version = moved
            facts.cached = facts.cached == version ? moved : nil
            try tree.move(found.node, to: new.name, in: new.folder, facts)
        }
    }

    /// Copies, then deletes: whoever dies between has it twice. Over whatever is there.
    private func moveInStore(
        _ key: ObjectKey, _ version: ObjectVersion, to newKey: ObjectKey, _ metadata: ObjectMetadata?
    ) async throws(SystemError) -> ObjectVersion {
        let store = tree.store
        guard store.capabilities.atomicRename == .none else {
            return try await inStore(key) { () async throws(StoreError) in
                try await store.rename(key, to: newKey, if: .always).version
            }
        }
        let copied = try await inStore(key) { () async throws(StoreError) in
            try await store.copyAnySize(CopySource(key, version), to: newKey, metadata).version
        }
        try await delete(key)
        return copied
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
            if replaced.opens > 0 { try await fetchRest(of: file) }
            try await body(file.replacing)
            try file.move(to: nil, replacing: nil)
        }
    }

    /// What is no larger can be read to its end by whoever has it open, although its object is replaced.
    private static let mostFetched = 64 << 20

    private func fetchRest(of file: WrittenFile) async throws(SystemError) {
        let image = file.staged.state.image
        let missing = image.pieces(in: 0..<image.size).filter { $0.origin == .base }.map(\.range)
        guard !missing.isEmpty, missing.reduce(0, { $0 + $1.count }) <= Self.mostFetched,
            let object = file.staged.state.base.flatMap(StoredObject.init(words:))
        else { return }
        for range in missing {
            let bytes = try await inStore(object.key) { [store = tree.store] () async throws(StoreError) in
                try await store.read(
                    object.key, ReadRange(from: range.lowerBound, count: range.count), of: object.version,
                    into: .bytes(limit: range.count)
                ).bytes
            }
            try file.fill(bytes, at: range.lowerBound)
        }
    }

    // MARK: Folders

    private func moveFolder(
        _ found: BucketTree.Changeable, to key: ObjectKey, _ new: Place, _ writing: MountWriting
    ) async throws(SystemError) {
        let newPrefix = key + "/"
        guard newPrefix.bytes.count <= 1024 else { throw SystemError(code: ENAMETOOLONG) }
        for node in tree.openObjects(below: found.node) {
            _ = try await fileToChange(node, writing)
            close(node, writing)
        }
        let written = tree.written(below: found.node)
        try await still(written.map(\.file)[...]) { [self] () async throws(SystemError) in
            guard written.allSatisfy({ $0.file.staged.state.image.sent.isEmpty }) else {
                throw SystemError(code: EBUSY)
            }
            let moved = try await moveAll(below: found.key, to: newPrefix)
            for (_, file) in written {
                guard let old = file.key, old.hasPrefix(found.key) else { continue }
                let key = Self.key(old, from: found.key, to: newPrefix)
                try await forgetUpload(of: file)
                let version = moved[old]
                let base = file.staged.state.base.flatMap(StoredObject.init(words:))
                try file.move(to: key, replacing: version)
                if let version, let base, base.key == old {
                    try file.rebase(on: StoredObject(key, version, size: base.size), nil)
                }
            }
            try tree.move(found.node, to: new.name, in: new.folder, nil, isOnlyHere: moved.isEmpty)
            for (node, _) in written { tree.noteMoved(node) }
        }
        for (node, file) in written { finish(node, file, writing) }
    }

    private func still(
        _ files: ArraySlice<WrittenFile>, _ body: () async throws(SystemError) -> Void
    ) async throws(SystemError) {
        guard let first = files.first else { return try await body() }
        try await first.whileStill { () async throws(SystemError) in try await still(files.dropFirst(), body) }
    }

    /// Everything below a key that ends in a slash. Returns the new versions by the old keys.
    private func moveAll(
        below prefix: ObjectKey, to newPrefix: ObjectKey
    ) async throws(SystemError) -> [ObjectKey: ObjectVersion] {
        let store = tree.store
        if store.capabilities.atomicRename == .objectsAndFolders {
            return try await moveAtOnce(prefix, to: newPrefix)
        }
        var moved: [ObjectKey: ObjectVersion] = [:]
        do throws(SystemError) {
            try await copyAll(below: prefix, to: newPrefix, &moved)
        } catch {
            // Nothing has moved: what was copied would only be in the way.
            try? await deleteAll(moved.keys.map { Self.key($0, from: prefix, to: newPrefix) }, below: newPrefix)
            throw error
        }
        try await deleteAll(Array(moved.keys), below: prefix)
        return moved
    }

    private func copyAll(
        below prefix: ObjectKey, to newPrefix: ObjectKey, _ moved: inout [ObjectKey: ObjectVersion]
    ) async throws(SystemError) {
        var request = ListRequest(prefix: prefix)
        while true {
            let page = try await inStore(prefix) { [store = tree.store, request] () async throws(StoreError) in
                try await store.list(request)
            }
            try await copy(page.objects, from: prefix, to: newPrefix, &moved)
            guard let next = page.next else { return }
            request.continuation = next
        }
    }

    private func deleteAll(_ keys: [ObjectKey], below prefix: ObjectKey) async throws(SystemError) {
        guard !keys.isEmpty else { return }
        // Folders last: some servers keep those that are not empty.
        let deletions = keys.sorted { ($0.endsInSlash ? 1 : 0, $1) < ($1.endsInSlash ? 1 : 0, $0) }.map { Deletion($0) }
        try await inStore(prefix) { [store = tree.store] () async throws(StoreError) in
            for result in try await store.delete(deletions) { try result.get() }
        }
    }

    private static func key(_ key: ObjectKey, from prefix: ObjectKey, to newPrefix: ObjectKey) -> ObjectKey {
        ObjectKey(newPrefix.bytes + key.bytes.dropFirst(prefix.bytes.count))
    }

    /// The names go with the folder; what the versions are is asked afterwards.
    private func moveAtOnce(
        _ prefix: ObjectKey, to newPrefix: ObjectKey
    ) async throws(SystemError) -> [ObjectKey: ObjectVersion] {
        let store = tree.store
        let isThere = try await inStore(prefix) { () async throws(StoreError) in
            let page = try await store.list(ListRequest(prefix: prefix, limit: 1))
            return !page.objects.isEmpty || !page.prefixes.isEmpty || page.next != nil
        }
        guard isThere else { return [:] }
        _ = try await inStore(prefix) { () async throws(StoreError) in
            try await store.rename(prefix, to: newPrefix, if: .always)
        }
        var moved: [ObjectKey: ObjectVersion] = [:]
        for (_, file) in tree.written() {
            guard let key = file.key, key.hasPrefix(prefix), file.replacing != nil else { continue }
            let newKey = Self.key(key, from: prefix, to: newPrefix)
            moved[key] = try await inStore(newKey) { () async throws(StoreError) in
                try await store.stat(newKey).version
            }
        }
        return moved
    }

    private static let copiesAtOnce = 16

    /// What stands for a folder some servers keep as one, and cannot copy.
    private static func copy(
        _ object: ObjectInfo, to key: ObjectKey, in store: any ObjectStore
    ) async throws(StoreError) -> ObjectVersion {
        guard object.key.endsInSlash, object.size == 0 else {
            return try await store.copyAnySize(
                CopySource(object.key, object.version), to: key, nil, size: object.size
            ).version
        }
        let metadata = store.capabilities.keepsMetadata ? try await store.stat(object.key).metadata : .init()
        return try await store.put(key, .bytes([]), PutOptions(metadata: metadata)).version
    }

    private func copy(
        _ objects: [ObjectInfo], from prefix: ObjectKey, to newPrefix: ObjectKey,
        _ moved: inout [ObjectKey: ObjectVersion]
    ) async throws(SystemError) {
        let gate = Gate(Self.copiesAtOnce)
        let results = await withTaskGroup(of: (ObjectKey, Result<ObjectVersion, SystemError>).self) { group in
            for object in objects {
                let key = Self.key(object.key, from: prefix, to: newPrefix)
                group.addTask { [self] in
                    await gate.pass { () async -> (ObjectKey, Result<ObjectVersion, SystemError>) in
                        do throws(SystemError) {
                            let version = try await inStore(key) { [store = tree.store] () async throws(StoreError) in
                                try await Self.copy(object, to: key, in: store)
                            }
                            return (object.key, .success(version))
                        } catch {
                            return (object.key, .failure(error))
                        }
                    }
                }
            }
            return await group.reduce(into: []) { $0.append($1) }
        }
        var first: SystemError?
        for (key, result) in results {
            switch result {
            case .success(let version): moved[key] = version
            case .failure(let error): first = first ?? error
            }
        }
        if let first { throw first }
    }
}
