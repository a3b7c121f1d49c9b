import Glibc
import ObjectStore
import Platform
import Staging
import Synchronization

/// Two names change places. Who has something open goes on with it under its other name.
extension BucketFileSystem {
    func exchange(_ old: Place, _ new: Place, _ writing: MountWriting) async throws(SystemError) {
        try await withSide(old, writing) { one async throws(SystemError) in
            try await withSide(new, writing) { two async throws(SystemError) in
                guard one.node != two.node else { return }
                try await exchange(one, two, writing)
            }
        }
    }

    /// One of the two, as it is before.
    private struct Side: Sendable {
        let found: BucketTree.Changeable
        /// If it is more than an object now, or open.
        let file: WrittenFile?

        var node: NodeID { found.node }
        var isFolder: Bool { found.kind == .folder }
        /// The object, if the bucket has one.
        var version: ObjectVersion? { if let file { file.replacing } else { found.facts.version } }
        var isInStore: Bool { isFolder || version != nil }
        var size: Int { file?.staged.size ?? found.facts.size }
        /// Where something else is that has its name.
        func key(isFolder: Bool) -> ObjectKey {
            let name = ObjectKey(self.isFolder ? Array(found.key.bytes.dropLast()) : found.key.bytes)
            return isFolder ? name + "/" : name
        }
    }

    private func withSide(
        _ place: Place, _ writing: MountWriting, _ body: (Side) async throws(SystemError) -> Void
    ) async throws(SystemError) {
        guard let node = try await tree.found(place.name, in: place.folder) else { throw .notThere }
        defer { tree.forget(node, count: 1) }
        let found = try await tree.changeable(node)
        guard !found.isFixed else { throw SystemError(code: EBUSY) }
        await writing.uploader.deletions.wait(for: found.key)
        guard found.kind != .folder, found.file != nil || found.opens > 0 else {
            return try await body(Side(found: found, file: nil))
        }
        let file = try await fileToChange(node, writing)
        defer { close(node, writing) }
        try await body(Side(found: found, file: file))
    }

    private func exchange(_ one: Side, _ two: Side, _ writing: MountWriting) async throws(SystemError) {
        let store = tree.store as? any FolderStore
        // Everything in folders would be copied three times, in steps that others see.
        guard store != nil || !one.isFolder && !two.isFolder else { throw SystemError(code: EINVAL) }
        // A file may come into the bucket until it is still.
        var isDone = false
        while !isDone {
            switch (one.isInStore, two.isInStore) {
            case (true, true):
                if let store { return try await exchange(one, two, in: store, writing) }
                return try await exchangeObjects(one, two, writing)
            case (false, false): isDone = try await exchangeNames(one, two)
            case (true, false): isDone = try await exchange(one, withNew: two)
            case (false, true): isDone = try await exchange(two, withNew: one)
            }
        }
    }

    // MARK: What is not uploaded

    private func exchangeNames(_ one: Side, _ two: Side) async throws(SystemError) -> Bool {
        guard let file = one.file, let other = two.file else { throw .notThere }
        return try await still([file, other]) { () async throws(SystemError) in
            guard !one.isInStore, !two.isInStore else { return false }
            guard let key = file.key, let otherKey = other.key else { throw .notThere }
            try await prepareToMove(file)
            try await prepareToMove(other)
            try file.move(to: otherKey, replacing: nil, WrittenExchange(from: key, was: nil))
            try other.move(to: key, replacing: nil)
            try file.move(to: otherKey, replacing: nil)
            try tree.exchange(one.node, nil, with: two.node, nil)
            return true
        }
    }

    /// The store renames what it has, and of the other only the name changes.
    private func exchange(_ one: Side, withNew new: Side) async throws(SystemError) -> Bool {
        // It would have to be renamed with all that is in it, while its name is taken.
        guard !one.isFolder, let newFile = new.file else { throw SystemError(code: EBUSY) }
        return try await still([newFile] + (one.file.map { [$0] } ?? [])) { () async throws(SystemError) in
            guard one.isInStore, !new.isInStore else { return false }
            guard let newKey = newFile.key else { throw .notThere }
            try await prepareToMove(newFile)
            var facts: NodeFacts?
            if let file = one.file {
                try await move(file, to: newKey, replacing: nil)
            } else if let version = one.version {
                facts = one.found.facts.moved(to: try await moveInStore(one.found.key, version, to: newKey, nil))
            }
            try newFile.move(to: one.found.key, replacing: nil)
            try tree.exchange(one.node, facts, with: new.node, nil)
            return true
        }
    }

    // MARK: Two objects

    /// The smaller one that nobody writes to is brought here. The store copies the other one to its place, and then it is uploaded
    /// in place of that. At no time there is less than both, here and in the bucket together.
    private func exchangeObjects(_ one: Side, _ two: Side, _ writing: MountWriting) async throws(SystemError) {
        for side in [one, two] {
            guard let file = side.file else { continue }
            let isSaved = await withCheckedContinuation { continuation in
                file.waitForSealed { continuation.resume(returning: $0) }
            }
            try isSaved.get()
        }
        let isFirst: Bool
        switch (isBeingWritten(one), isBeingWritten(two)) {
        case (false, false): isFirst = one.size <= two.size
        case (let isWritten, let isOtherWritten) where isWritten != isOtherWritten: isFirst = !isWritten
        default: throw SystemError(code: EBUSY)
        }
        let (brought, copied) = isFirst ? (one, two) : (two, one)
        let file = try await fileToChange(brought.node, writing)
        defer { close(brought.node, writing) }
        try await still([file] + (copied.file.map { [$0] } ?? [])) { () async throws(SystemError) in
            try await bring(file, writing)
            try await exchange(file, brought, copied)
        }
        let isSaved = await withCheckedContinuation { continuation in
            file.save { continuation.resume(returning: $0) }
        }
        try isSaved.get()
    }

    private func isBeingWritten(_ side: Side) -> Bool {
        side.file?.isUnsaved ?? false || handles.withLock { $0.files(of: side.node).contains(where: \.mayWrite) }
    }

    /// All of it is here, and a version that is to be uploaded.
    private func bring(_ file: WrittenFile, _ writing: MountWriting) async throws(SystemError) {
        let count = file.staged.state.image.ofBase
        guard writing.room.take(count) else { throw .noRoom }
        writing.room.give(count)
        do throws(SystemError) {
            try await fetchAll(of: file)
        } catch {
            // It stays what it was, with some of its bytes staged.
            if file.isTorn { try file.saveBehind() }
            throw error
        }
        try file.keepTime()
        try file.staged.seal()
    }

    private func exchange(_ file: WrittenFile, _ brought: Side, _ copied: Side) async throws(SystemError) {
        let (key, otherKey) = (brought.found.key, copied.found.key)
        guard let version = file.replacing, let otherVersion = copied.version else { throw .stale }
        if let other = copied.file { try await prepareToMove(other) }
        let metadata = copied.file?.wantedMetadata
        var exchange = WrittenExchange(from: key, was: version)
        try file.move(to: otherKey, replacing: otherVersion, exchange)
        let new: ObjectVersion
        do throws(SystemError) {
            new = try await inStore(otherKey) { [store = tree.store] () async throws(StoreError) in
                _ = try await store.stat(key, still: version)
                return try await store.copyAnySize(CopySource(otherKey, otherVersion), to: key, metadata).version
            }
        } catch {
            try file.move(to: key, replacing: version)
            throw error
        }
        exchange.copied = new
        try file.move(to: otherKey, replacing: otherVersion, exchange)
        try copied.file?.move(to: key, with: new, metadata)
        try file.move(to: otherKey, replacing: otherVersion)
        let facts = copied.file == nil ? copied.found.facts.moved(to: new) : nil
        try tree.exchange(brought.node, nil, with: copied.node, facts)
    }

    // MARK: Local folders

    /// In one step.
    private func exchange(
        _ one: Side, _ two: Side, in store: any FolderStore, _ writing: MountWriting
    ) async throws(SystemError) {
        let (written, otherWritten) = (
            try await self.written(of: one, writing), try await self.written(of: two, writing)
        )
        let all = written + otherWritten
        defer { for (node, file) in all { finish(node, file, writing) } }
        try await still(all.map(\.file)[...]) { () async throws(SystemError) in
            for (_, file) in all { try await prepareToMove(file) }
            try await inStore(one.found.key) { () async throws(StoreError) in
                try await store.exchange(one.found.key, with: two.found.key)
            }
            for (_, file) in written { try await follow(file, one, to: two.key(isFolder: one.isFolder)) }
            for (_, file) in otherWritten { try await follow(file, two, to: one.key(isFolder: two.isFolder)) }
            try tree.exchange(
                one.node, try await factsOfMoved(one, to: two), with: two.node, try await factsOfMoved(two, to: one))
            for (node, _) in all { tree.noteMoved(node) }
        }
    }

    private func written(
        of side: Side, _ writing: MountWriting
    ) async throws(SystemError) -> [(node: NodeID, file: WrittenFile)] {
        guard side.isFolder else { return side.file.map { [(side.node, $0)] } ?? [] }
        return try await writtenToMove(below: side.found, writing)
    }

    private func follow(_ file: WrittenFile, _ side: Side, to newKey: ObjectKey) async throws(SystemError) {
        guard let old = file.key, old.hasPrefix(side.found.key) else { return }
        let key = Self.key(old, from: side.found.key, to: newKey)
        let version = file.replacing == nil ? nil : try await version(of: key)
        try file.move(to: key, with: version, nil)
    }

    private func factsOfMoved(_ side: Side, to other: Side) async throws(SystemError) -> NodeFacts? {
        guard side.file == nil, !side.isFolder else { return nil }
        return side.found.facts.moved(to: try await version(of: other.key(isFolder: false)))
    }

    private func version(of key: ObjectKey) async throws(SystemError) -> ObjectVersion {
        try await inStore(key) { [store = tree.store] () async throws(StoreError) in try await store.stat(key).version }
    }
}
