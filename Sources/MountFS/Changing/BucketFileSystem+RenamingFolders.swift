import Glibc
import ObjectStore
import Platform
import Staging
import Synchronization

/// Folders get another name by everything in them getting one.
extension BucketFileSystem {
    /// `isBegun`: some of it may be there already; `joins`: also files that are written, which stay where they are.
    func moveFolder(
        _ found: BucketTree.Changeable, from old: Place, to new: Place, _ key: ObjectKey, isBegun: Bool, joins: Bool,
        _ writing: MountWriting
    ) async throws(SystemError) {
        let newPrefix = key + "/"
        guard newPrefix.bytes.count <= BucketTree.longestKey else { throw SystemError(code: ENAMETOOLONG) }
        var written = try await writtenToMove(below: found, writing)
        try await still(written.map(\.file)[...]) { [self] () async throws(SystemError) in
            for (_, file) in written { try file.staged.keepParts() }
            for (_, file) in written { await file.hear() }
            let known = try await noteMoves(of: written.map(\.file), below: found.key, to: newPrefix)
            let moved: Moved
            do throws(SystemError) {
                moved = try await moveAll(below: found.key, to: newPrefix, isBegun: isBegun, known)
            } catch {
                for (_, file) in written { doubt(file, writing) }
                throw error
            }
            try await whileNothingComes(below: found, to: newPrefix, moved, besides: written.map(\.file), writing) {
                [self] moved async throws(SystemError) in
                // With those that somebody has opened meanwhile, of which nothing is on its way.
                if moved.isCopied { written = tree.written(below: found.node) }
                let leftovers = try await follow(written.map(\.file), moved, from: found.key, to: newPrefix)
                // Noted before the old ones go: else it would look, after a crash, as if somebody else had removed them.
                if moved.isCopied { try await deleteAll(Array(moved.objects.keys), below: found.key) }
                for leftover in leftovers { try leftover.remove() }
                if joins {
                    for (node, file) in written { if let key = file.key { follow(node, to: key, writing) } }
                    tree.removeName(old.name, in: old.folder, isKnown: true)
                } else {
                    try tree.move(found.node, to: new.name, in: new.folder, nil, isOnlyHere: moved.objects.isEmpty)
                }
                // Until now what somebody opens was there by its old name.
                if moved.isCopied, !joins {
                    written = tree.written(below: found.node)
                    let late = try await follow(
                        written.map(\.file), moved, from: found.key, to: newPrefix, isLate: true)
                    for leftover in late { try leftover.remove() }
                }
                for (node, _) in written { tree.noteMoved(node) }
            }
        }
        for (node, file) in written { finish(node, file, writing) }
    }

    /// Files that have old names get new ones. What is returned is about their objects, which are to go. Of those that come when these
    /// have gone, new ones are what was copied, too.
    private func follow(
        _ files: [WrittenFile], _ moved: Moved, from prefix: ObjectKey, to newPrefix: ObjectKey, isLate: Bool = false
    ) async throws(SystemError) -> [StagedFile] {
        var leftovers: [StagedFile] = []
        for file in files {
            guard let old = file.key, old.hasPrefix(prefix) else { continue }
            try await prepareToMove(file)
            if let version = file.replacing, moved.isCopied,
                let leftover = try noteLeftover(StoredObject(old, version, size: 0))
            {
                leftovers.append(leftover)
            }
            let key = Self.key(old, from: prefix, to: newPrefix)
            let object = moved.objects[old]
            // What somebody else has written meanwhile has moved with the folder: that is no base of what is here.
            if object?.was == file.replacing || isLate && file.replacing == nil {
                try file.move(to: key, with: object?.version, nil)
            } else {
                try file.move(to: key, replacing: file.replacing)
            }
        }
        return leftovers
    }

    /// Has `body` run when all that has come into the bucket since it was copied was copied, too, and while nothing more comes there in
    /// place of that from here: it would go with what was copied.
    private func whileNothingComes(
        below found: BucketTree.Changeable, to newPrefix: ObjectKey, _ moved: Moved, besides known: [WrittenFile],
        _ writing: MountWriting, _ body: (Moved) async throws(SystemError) -> Void
    ) async throws(SystemError) {
        guard moved.isCopied else { return try await body(moved) }
        let deletions = writing.uploader.deletions
        // Nobody begins from now on. What is on its way comes there before.
        deletions.begin(below: found.key)
        defer { deletions.end(below: found.key) }
        let held = Set(known.map { ObjectIdentifier($0) })
        let late = tree.written(below: found.node).map(\.file).filter { !held.contains(ObjectIdentifier($0)) }
        try await still(late[...]) { () async throws(SystemError) in
            try await body(try await copiedAgain(below: found, to: newPrefix, moved))
        }
    }

    /// With what has come since, and without what is gone.
    private func copiedAgain(
        below found: BucketTree.Changeable, to newPrefix: ObjectKey, _ moved: Moved
    ) async throws(SystemError) -> Moved {
        var objects = moved.objects
        let there = try await copyAll(below: found.key, to: newPrefix, .last, &objects)
        // What somebody has removed meanwhile is not to come back under another name.
        let gone = objects.filter { !there.contains($0.key) }
        try await clear(gone, from: found.key, to: newPrefix)
        for key in gone.keys { objects[key] = nil }
        do throws(SystemError) {
            for (_, file) in tree.written(below: found.node) { try file.staged.keepParts() }
        } catch {
            try? await clear(objects, from: found.key, to: newPrefix)
            throw error
        }
        return Moved(objects: objects, isCopied: true)
    }

    /// What was copied goes again.
    private func clear(
        _ moved: [ObjectKey: MovedObject], from prefix: ObjectKey, to newPrefix: ObjectKey
    ) async throws(SystemError) {
        let copied = moved.filter(\.value.isCopied).keys.map { Self.key($0, from: prefix, to: newPrefix) }
        try await deleteAll(copied, below: newPrefix)
    }

    /// Also of what the bucket does not have yet: it is to come where the folder is. The versions that are there before are returned.
    private func noteMoves(
        of files: [WrittenFile], below prefix: ObjectKey, to newPrefix: ObjectKey
    ) async throws(SystemError) -> [ObjectKey: ObjectVersion] {
        guard tree.store.capabilities.atomicRename == .objectsAndFolders else { return [:] }
        var known: [ObjectKey: ObjectVersion] = [:]
        for file in files {
            guard let key = file.key, key.hasPrefix(prefix) else { continue }
            try await forgetUpload(of: file)
            known[key] = try await inStore(key) { [uploader = file.uploader] () async throws(StoreError) in
                do throws(Uploader.Failure) {
                    return try await uploader.found(key)?.version
                } catch {
                    throw error.error
                }
            }
            // Another version is somebody else's, and goes with the folder all the same.
            guard known[key] == file.replacing else { continue }
            let newKey = Self.key(key, from: prefix, to: newPrefix)
            try file.noteMove(WrittenMove(to: newKey, .folder(from: prefix, to: newPrefix)))
        }
        return known
    }

    /// Also what is only read: it goes on under its new name. What was removed and is open stays behind.
    func writtenToMove(
        below folder: BucketTree.Changeable, _ writing: MountWriting
    ) async throws(SystemError) -> [(node: NodeID, file: WrittenFile)] {
        for node in tree.openObjects(below: folder.node) {
            _ = try await fileToChange(node, writing)
            close(node, writing)
        }
        try await clear(below: folder.key, writing)
        return tree.written(below: folder.node)
    }

    func still<Answer: Sendable>(
        _ files: ArraySlice<WrittenFile>, _ body: () async throws(SystemError) -> Answer
    ) async throws(SystemError) -> Answer {
        guard let first = files.first else { return try await body() }
        return try await first.whileStill { () async throws(SystemError) in try await still(files.dropFirst(), body) }
    }

    private struct Moved {
        /// By their old keys; all that were copied, and else what programs have open.
        let objects: [ObjectKey: MovedObject]
        /// What was copied has to be deleted.
        let isCopied: Bool
    }

    /// Of copying.
    private enum Pass: Equatable {
        /// `isBegun`: some of it may be there already.
        case first(isBegun: Bool)
        /// Nothing comes meanwhile from here.
        case last
    }

    private struct MovedObject: Sendable {
        let was: ObjectVersion?
        let version: ObjectVersion
        /// By this request.
        var isCopied = false
    }

    /// Everything below a key that ends in a slash.
    private func moveAll(
        below prefix: ObjectKey, to newPrefix: ObjectKey, isBegun: Bool, _ known: [ObjectKey: ObjectVersion]
    ) async throws(SystemError) -> Moved {
        if let objects = try await moveAtOnce(prefix, to: newPrefix, known) {
            return Moved(objects: objects, isCopied: false)
        }
        var moved: [ObjectKey: MovedObject] = [:]
        _ = try await copyAll(below: prefix, to: newPrefix, .first(isBegun: isBegun), &moved)
        return Moved(objects: moved, isCopied: true)
    }

    /// All that is not among those that were moved, or not in this version. Returns what is there.
    private func copyAll(
        below prefix: ObjectKey, to newPrefix: ObjectKey, _ pass: Pass, _ moved: inout [ObjectKey: MovedObject]
    ) async throws(SystemError) -> Set<ObjectKey> {
        do throws(SystemError) {
            return try await copyPages(below: prefix, to: newPrefix, pass, &moved)
        } catch {
            // Nothing has moved: what was copied would only be in the way.
            try? await clear(moved, from: prefix, to: newPrefix)
            throw error
        }
    }

    private func copyPages(
        below prefix: ObjectKey, to newPrefix: ObjectKey, _ pass: Pass, _ moved: inout [ObjectKey: MovedObject]
    ) async throws(SystemError) -> Set<ObjectKey> {
        var there: Set<ObjectKey> = []
        var request = ListRequest(prefix: prefix, showsFolders: true)
        if let folder = try await realFolder(prefix) {
            there.insert(prefix)
            if moved[prefix] == nil {
                try await copy([folder], from: prefix, to: newPrefix, pass, &moved)
            }
        }
        while true {
            let page = try await inStore(prefix) { [store = tree.store, request] () async throws(StoreError) in
                try await store.list(request)
            }
            // What was removed and is open stays behind.
            let objects = page.objects.filter { writing?.isDoomed($0.key) != true }
            there.formUnion(objects.map(\.key))
            let left = objects.filter { moved[$0.key]?.was != $0.version }
            try await copy(left, from: prefix, to: newPrefix, pass, &moved)
            guard let next = page.next else { return there }
            request.continuation = next
        }
    }

    /// What is below a folder does not tell of a folder that is there for itself.
    private func realFolder(_ key: ObjectKey) async throws(SystemError) -> ObjectInfo? {
        guard tree.store.capabilities.keepsFolders else { return nil }
        return try await inStore(key) { [store = tree.store] () async throws(StoreError) in
            try await store.statIfAny(key)
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

    static func key(_ key: ObjectKey, from prefix: ObjectKey, to newPrefix: ObjectKey) -> ObjectKey {
        ObjectKey(newPrefix.bytes + key.bytes.dropFirst(prefix.bytes.count))
    }

    /// The names go with the folder; what the versions are is asked afterwards. Nothing where the store cannot, or finds now that it may
    /// not.
    private func moveAtOnce(
        _ prefix: ObjectKey, to newPrefix: ObjectKey, _ known: [ObjectKey: ObjectVersion]
    ) async throws(SystemError) -> [ObjectKey: MovedObject]? {
        let store = tree.store
        guard store.capabilities.atomicRename == .objectsAndFolders else { return nil }
        let isThere = try await inStore(prefix) { () async throws(StoreError) in
            let page = try await store.list(ListRequest(prefix: prefix, limit: 1))
            return !page.objects.isEmpty || !page.prefixes.isEmpty || page.next != nil
        }
        guard isThere else { return [:] }
        guard try await renameInStore(prefix, to: newPrefix) != nil else { return nil }
        var moved: [ObjectKey: MovedObject] = [:]
        for (_, file) in tree.written() {
            guard let key = file.key, key.hasPrefix(prefix), file.replacing != nil else { continue }
            let newKey = Self.key(key, from: prefix, to: newPrefix)
            moved[key] = try await inStore(newKey) { () async throws(StoreError) in
                MovedObject(was: known[key], version: try await store.stat(newKey).version)
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

    /// What stands for folders first, those above before those in them: a server that makes a folder for what comes into it may do so
    /// at the same time, and forget that it was made.
    private func copy(
        _ objects: [ObjectInfo], from prefix: ObjectKey, to newPrefix: ObjectKey, _ pass: Pass,
        _ moved: inout [ObjectKey: MovedObject]
    ) async throws(SystemError) {
        let folders = Dictionary(grouping: objects.filter(\.key.endsInSlash)) { folder in
            folder.key.bytes.count { $0 == UInt8(ascii: "/") }
        }
        for depth in folders.keys.sorted() {
            try await copyTogether(folders[depth]!, from: prefix, to: newPrefix, pass, &moved)
        }
        try await copyTogether(objects.filter { !$0.key.endsInSlash }, from: prefix, to: newPrefix, pass, &moved)
    }

    private func copyTogether(
        _ objects: [ObjectInfo], from prefix: ObjectKey, to newPrefix: ObjectKey, _ pass: Pass,
        _ moved: inout [ObjectKey: MovedObject]
    ) async throws(SystemError) {
        let gate = Gate(Self.copiesAtOnce)
        let results = await withTaskGroup(of: (ObjectKey, Result<MovedObject, SystemError>).self) { group in
            for object in objects {
                let key = Self.key(object.key, from: prefix, to: newPrefix)
                group.addTask { [self] in
                    await gate.pass { () async -> (ObjectKey, Result<MovedObject, SystemError>) in
                        do throws(SystemError) {
                            let moved = try await inStore(key) {
                                [store = tree.store, writing] () async throws(StoreError) -> MovedObject in
                                // What was recovered under its old name may have come into the bucket behind the copy.
                                if case .first(isBegun: true) = pass, writing?.wasRecovered(object.key) != true,
                                    let there = try await store.statIfAny(key), there.isNewer(than: object)
                                {
                                    return MovedObject(was: object.version, version: there.version)
                                }
                                let version = try await Self.copy(object, to: key, in: store)
                                return MovedObject(was: object.version, version: version, isCopied: true)
                            }
                            return (object.key, .success(moved))
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
            case .success(let object): moved[key] = object
            case .failure(let error) where pass != .last && (error == .stale || error == .notThere):
                // It has been changed since it was listed, or is gone, which the last pass sees to.
                break
            case .failure(let error): first = first ?? error
            }
        }
        if let first { throw first }
    }
}

extension ObjectInfo {
    /// Of what stands where an object was to be copied to: a copy of it as it is now, or what somebody has made of that since. Of a
    /// copy of what it was before it is not so.
    fileprivate func isNewer(than object: ObjectInfo) -> Bool {
        guard modified == object.modified else { return modified.inNanoseconds > object.modified.inNanoseconds }
        let isKnown = version == object.version || !checksums.isEmpty && checksums == object.checksums
        return size == object.size && isKnown
    }
}
