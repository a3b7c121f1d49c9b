import Glibc
import ObjectStore
import Platform
import Staging
import Synchronization

/// A folder gets another name.
struct FolderMove: Sendable {
    let folder: BucketTree.Changeable
    let old: BucketFileSystem.Place
    let new: BucketFileSystem.Place
    /// What the keys of all that is in it will begin with.
    let newPrefix: ObjectKey
    /// Some of it may be there already.
    let isBegun: Bool
    /// What is written, too: it stays where it is.
    let joins: Bool

    var prefix: ObjectKey { folder.key }
}

/// An object that has got another name with its folder.
struct MovedObject: Sendable {
    let was: ObjectVersion?
    let version: ObjectVersion
    /// By this request.
    var isCopied = false
}

/// Folders get another name by everything in them getting one.
extension BucketFileSystem {
    func moveFolder(_ move: FolderMove, _ writing: MountWriting) async throws(SystemError) {
        guard move.newPrefix.bytes.count <= BucketTree.longestKey else { throw SystemError(code: ENAMETOOLONG) }
        let known = try await writtenToMove(below: move.folder, writing).map(\.file)
        // Nor may what was removed from where it comes to go later, and take with it what is there then.
        try await clear(below: move.newPrefix, writing)
        defer {
            for (node, file) in tree.written(below: move.folder.node) {
                file.staged.mayLetGoOfParts()
                // Those that have ended meanwhile could not be let go of.
                finish(node, file, writing)
            }
        }
        let moved = try await still(known[...]) { [self] () async throws(SystemError) in
            try await prepare(known)
            if let moved = try await moveAtOnce(move, known, writing) { return moved }
            return try await moveByCopying(move, known, writing)
        }
        // Also where they have another folder now.
        for (node, file) in moved { finish(node, file, writing) }
        // What was opened in the last moment, to be read, would look for itself under its old name. Reads of what is not to be had say so.
        try? await bringOpenObjects(below: move.folder.node, writing)
    }

    /// Also what is only read: it goes on under its new name. What was removed and is open stays behind.
    func writtenToMove(
        below folder: BucketTree.Changeable, _ writing: MountWriting
    ) async throws(SystemError) -> [WrittenNode] {
        try await bringOpenObjects(below: folder.node, writing)
        try await clear(below: folder.key, writing)
        return tree.written(below: folder.node)
    }

    private func bringOpenObjects(below folder: NodeID, _ writing: MountWriting) async throws(SystemError) {
        for node in tree.openObjects(below: folder) {
            do throws(SystemError) {
                _ = try await fileToChange(node, writing)
                close(node, writing)
            } catch  where error == .notThere || error == .stale {
                // It has just gone.
            }
        }
    }

    func still<Answer: Sendable>(
        _ files: ArraySlice<WrittenFile>, _ body: () async throws(SystemError) -> Answer
    ) async throws(SystemError) -> Answer {
        guard let first = files.first else { return try await body() }
        return try await first.whileStill { () async throws(SystemError) in try await still(files.dropFirst(), body) }
    }

    private func prepare(_ files: [WrittenFile]) async throws(SystemError) {
        for file in files { try file.staged.keepParts() }
        for file in files { await file.hear() }
    }

    /// Has `body` run with the files that have come since, while nothing more comes into the bucket from here below either of the
    /// folder's names: it would go with what is there.
    private func whileNothingComes<Answer: Sendable>(
        _ move: FolderMove, besides known: [WrittenFile], _ writing: MountWriting,
        _ body: ([WrittenFile]) async throws(SystemError) -> Answer
    ) async throws(SystemError) -> Answer {
        let moving = writing.uploader.moving
        // Nobody begins from now on. What is on its way comes there before.
        for prefix in [move.prefix, move.newPrefix] { await moving.begin(prefix) }
        defer { for prefix in [move.prefix, move.newPrefix] { moving.end(prefix) } }
        let held = Set(known.map { ObjectIdentifier($0) })
        let late = tree.written(below: move.folder.node).map(\.file).filter { !held.contains(ObjectIdentifier($0)) }
        return try await still(late[...]) { () async throws(SystemError) in try await body(late) }
    }

    // MARK: In one step

    /// Nothing where the store cannot, or finds now that it may not.
    private func moveAtOnce(
        _ move: FolderMove, _ known: [WrittenFile], _ writing: MountWriting
    ) async throws(SystemError) -> [WrittenNode]? {
        guard tree.store.capabilities.atomicRename == .objectsAndFolders else { return nil }
        return try await whileNothingComes(move, besides: known, writing) { late async throws(SystemError) in
            // What was removed since would go along.
            try await clear(below: move.prefix, writing)
            try await prepare(late)
            let files = known + late
            let versions = try await noteMoves(of: files, move)
            let moved: [ObjectKey: MovedObject]
            do throws(SystemError) {
                guard try await moveInStore(move) else { return nil }
                moved = try await movedObjects(of: files, move, versions)
                try await follow(files, moved, from: move.prefix, to: move.newPrefix)
            } catch {
                for file in files { doubt(file, writing) }
                throw error
            }
            return try await takeName(move, moved, isCopied: false, writing)
        }
    }

    /// Also of what the bucket does not have yet: it is to come where the folder is. The versions that are there before are returned.
    private func noteMoves(
        of files: [WrittenFile], _ move: FolderMove
    ) async throws(SystemError) -> [ObjectKey: ObjectVersion?] {
        var known: [ObjectKey: ObjectVersion?] = [:]
        for file in files {
            guard let key = file.key, key.hasPrefix(move.prefix) else { continue }
            try await forgetUpload(of: file)
            let version = try await inStore(key) { [store = tree.store] () async throws(StoreError) in
                try await store.statIfAny(key)?.version
            }
            known[key] = .some(version)
            // Another version is somebody else's, and goes with the folder all the same.
            guard version == file.replacing else { continue }
            let newKey = Self.key(key, from: move.prefix, to: move.newPrefix)
            try file.noteMove(WrittenMove(to: newKey, .folder(from: move.prefix, to: move.newPrefix)))
        }
        return known
    }

    /// False where the store cannot. The names go with the folder.
    private func moveInStore(_ move: FolderMove) async throws(SystemError) -> Bool {
        let isThere = try await inStore(move.prefix) { [store = tree.store] () async throws(StoreError) in
            let page = try await store.list(ListRequest(prefix: move.prefix, limit: 1))
            return !page.objects.isEmpty || !page.prefixes.isEmpty || page.next != nil
        }
        guard isThere else { return true }
        return try await renameInStore(move.prefix, to: move.newPrefix) != nil
    }

    /// What the objects of these files are when they have moved. What they were before is known, or is what they were when they were
    /// opened.
    private func movedObjects(
        of files: [WrittenFile], _ move: FolderMove, _ known: [ObjectKey: ObjectVersion?]
    ) async throws(SystemError) -> [ObjectKey: MovedObject] {
        var moved: [ObjectKey: MovedObject] = [:]
        for file in files {
            guard let key = file.key, key.hasPrefix(move.prefix), let version = file.replacing else { continue }
            let newKey = Self.key(key, from: move.prefix, to: move.newPrefix)
            let found = try await inStore(newKey) { [store = tree.store] () async throws(StoreError) in
                try await store.statIfAny(newKey)
            }
            // What is not there somebody else has removed.
            if let found { moved[key] = MovedObject(was: known[key] ?? version, version: found.version) }
        }
        return moved
    }

    // MARK: By copying

    private func moveByCopying(
        _ move: FolderMove, _ known: [WrittenFile], _ writing: MountWriting
    ) async throws(SystemError) -> [WrittenNode] {
        let copied = try await copied(move, writing)
        return try await whileNothingComes(move, besides: known, writing) { late async throws(SystemError) in
            let moved = try await copiedAgain(move, copied, late, writing)
            // With those that somebody has opened until now.
            let files = tree.written(below: move.folder.node).map(\.file)
            var leftovers: [StagedFile] = []
            let unanswered = UnansweredDeletions()
            do throws(SystemError) {
                try await follow(files, moved, from: move.prefix, to: move.newPrefix) { file throws(SystemError) in
                    // Noted before the old ones go: else it would look, after a crash, as if somebody else had removed them.
                    if let leftover = try noteLeftover(of: file) { leftovers.append(leftover) }
                }
                try await removeCopied(moved, from: move.prefix, unanswered, writing)
            } catch {
                // What the store has not answered it may still carry out: then nothing that was copied is to go.
                let mayPutBack = forget(leftovers, writing) && !unanswered.areAny
                guard mayPutBack, await putBack(moved, files, move, writing) else {
                    writing.settings.report(
                        "\(move.prefix.shown) is \(move.newPrefix.shown) now; what is left under its old name is old: \(error.description)",
                        nil)
                    return try await takeName(move, moved, isCopied: true, writing)
                }
                throw error
            }
            _ = forget(leftovers, writing)
            return try await takeName(move, moved, isCopied: true, writing)
        }
    }

    /// False when there are some that cannot be removed, by which the old objects go in the next session.
    private func forget(_ leftovers: [StagedFile], _ writing: MountWriting) -> Bool {
        var isDone = true
        for leftover in leftovers {
            do throws(SystemError) {
                try leftover.remove()
            } catch {
                isDone = false
                writing.settings.report(
                    "what was noted of a folder's rename cannot be removed: \(error.description)", nil)
            }
        }
        return isDone
    }

    private func copied(
        _ move: FolderMove, _ writing: MountWriting
    ) async throws(SystemError) -> [ObjectKey: MovedObject] {
        var moved: [ObjectKey: MovedObject] = [:]
        do throws(SystemError) {
            _ = try await copyAll(from: move.prefix, to: move.newPrefix, .first(isBegun: move.isBegun), &moved)
            // What somebody has opened meanwhile goes on, too.
            try await bringOpenObjects(below: move.folder.node, writing)
            return moved
        } catch {
            await giveUp(moved, move)
            throw error
        }
    }

    /// With what has come since, and without what is gone.
    private func copiedAgain(
        _ move: FolderMove, _ moved: [ObjectKey: MovedObject], _ late: [WrittenFile], _ writing: MountWriting
    ) async throws(SystemError) -> [ObjectKey: MovedObject] {
        var moved = moved
        do throws(SystemError) {
            for key in writing.uploader.deletions.keys(below: move.prefix) {
                await writing.uploader.deletions.wait(for: key)
            }
            try await prepare(late)
            let there = try await copyAll(from: move.prefix, to: move.newPrefix, .last, &moved)
            // What somebody has removed meanwhile is not to come back under another name.
            let gone = moved.filter { !there.contains($0.key) }
            try await clear(gone, from: move.prefix, to: move.newPrefix)
            for key in gone.keys { moved[key] = nil }
            for (_, file) in tree.written(below: move.folder.node) { try file.staged.keepParts() }
            return moved
        } catch {
            await giveUp(moved, move)
            throw error
        }
    }

    /// Nothing has moved: what was copied would only be in the way.
    private func giveUp(_ moved: [ObjectKey: MovedObject], _ move: FolderMove) async {
        // Why it cannot be removed has been said.
        try? await clear(moved, from: move.prefix, to: move.newPrefix)
    }

    /// Not all of the old ones can go, and some may have: everything is to be as it was. False when it cannot be.
    private func putBack(
        _ moved: [ObjectKey: MovedObject], _ files: [WrittenFile], _ move: FolderMove, _ writing: MountWriting
    ) async -> Bool {
        let (old, new) = (move.prefix, move.newPrefix)
        do throws(SystemError) {
            let there = try await copyBack(moved, from: old, to: new)
            var (back, late): ([ObjectKey: MovedObject], [ObjectKey: MovedObject]) = ([:], [:])
            for (key, object) in moved {
                guard let version = there[key] else { continue }
                back[Self.key(key, from: old, to: new)] = MovedObject(was: object.version, version: version)
                late[key] = MovedObject(was: object.was, version: version)
            }
            try await follow(files, back, from: new, to: old)
            // What has been opened since has its old name, and is based on what may have gone.
            try await follow(tree.written(below: move.folder.node).map(\.file), late, from: old, to: old)
        } catch {
            tree.report(StoreError(error, "\(old.shown) cannot be brought back"))
            return false
        }
        tree.forgetFacts(below: move.folder.node)
        do throws(SystemError) {
            try await clear(moved, from: old, to: new)
        } catch {
            writing.settings.report(
                "\(old.shown) cannot be renamed, and copies of it are left as \(new.shown): \(error.description)", nil)
        }
        return true
    }

    // MARK: Names

    typealias WrittenNode = (node: NodeID, file: WrittenFile)

    /// Files that have old names get new ones, behind what `body` does with each.
    private func follow(
        _ files: [WrittenFile], _ moved: [ObjectKey: MovedObject], from prefix: ObjectKey, to newPrefix: ObjectKey,
        after body: (WrittenFile) throws(SystemError) -> Void = { _ in }
    ) async throws(SystemError) {
        for file in files {
            guard let old = file.key, old.hasPrefix(prefix) else { continue }
            try await prepareToMove(file)
            try body(file)
            let key = Self.key(old, from: prefix, to: newPrefix)
            let object = moved[old]
            // What somebody else has written meanwhile has moved with the folder: that is no base of what is here.
            if object?.was == file.replacing {
                try file.move(to: key, with: object?.version, nil)
            } else {
                try file.move(to: key, replacing: file.replacing)
            }
        }
    }

    private func noteLeftover(of file: WrittenFile) throws(SystemError) -> StagedFile? {
        guard let key = file.key, let version = file.replacing else { return nil }
        return try noteLeftover(StoredObject(key, version, size: 0))
    }

    /// The folder has its new name, and what is written in it, too.
    private func takeName(
        _ move: FolderMove, _ moved: [ObjectKey: MovedObject], isCopied: Bool, _ writing: MountWriting
    ) async throws(SystemError) -> [WrittenNode] {
        if !move.joins {
            try tree.move(move.folder.node, to: move.new.name, in: move.new.folder, nil, isOnlyHere: moved.isEmpty)
        }
        // Until now what somebody opens was there by its old name.
        let written = tree.written(below: move.folder.node)
        let late = written.map(\.file)
        do throws(SystemError) {
            let moved = isCopied ? moved : try await movedObjects(of: late, move, [:])
            try await follow(late, moved, from: move.prefix, to: move.newPrefix)
        } catch {
            for file in late { doubt(file, move, writing) }
        }
        if move.joins {
            for (node, file) in written { if let key = file.key { follow(node, to: key, writing) } }
            tree.removeName(move.old.name, in: move.old.folder, isKnown: true)
        }
        for (node, _) in written { tree.noteMoved(node) }
        return written
    }

    /// Its name may be the folder's old one still.
    private func doubt(_ file: WrittenFile, _ move: FolderMove, _ writing: MountWriting) {
        guard let key = file.key, key.hasPrefix(move.prefix) else { return }
        let newKey = Self.key(key, from: move.prefix, to: move.newPrefix)
        doubt(file, of: WrittenMove(to: newKey, .folder(from: move.prefix, to: move.newPrefix)), writing)
    }

    static func key(_ key: ObjectKey, from prefix: ObjectKey, to newPrefix: ObjectKey) -> ObjectKey {
        ObjectKey(newPrefix.bytes + key.bytes.dropFirst(prefix.bytes.count))
    }
}
