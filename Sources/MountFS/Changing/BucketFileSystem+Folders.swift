import Glibc
import ObjectStore
import Platform
import Synchronization

/// Folders and links that are made, and folders that are removed.
extension BucketFileSystem {
    public func makeFolder(
        _ name: UnsafeRawBufferPointer, in folder: NodeID, mode: UInt32, by caller: Caller, _ reply: Reply<Lookup>
    ) {
        guard let writing else { return _ = reply.fail(.readOnly) }
        let name = Array(name)
        let attributes = attributes(mode: mode, of: .folder, caller)
        begin(reply) { [self] () async throws(SystemError) in
            try await whileStaying(folder, writing) { () async throws(SystemError) in
                let key = try tree.newKey(name, in: folder)
                guard key.bytes.count < BucketTree.longestKey else { throw SystemError(code: ENAMETOOLONG) }
                try await refuseTaken(name, in: folder)
                try await clear(key, writing)
                var facts = NodeFacts(asked: 0)
                facts.marker = try await makeFolder(key + "/", attributes)
                facts.modified = FileTime.now.inNanoseconds
                facts.details = ObjectDetails(attributes)
                return .found(try tree.addMade(name, in: folder, .folder, facts))
            }
        } undo: { [tree] lookup in
            if case .found(let entry) = lookup { tree.forget(entry.attributes.node, count: 1) }
        }
    }

    /// The target is the content of the object, as s3fs has it.
    public func makeLink(
        _ name: UnsafeRawBufferPointer, in folder: NodeID, to target: UnsafeRawBufferPointer, by caller: Caller,
        _ reply: Reply<Lookup>
    ) {
        guard let writing else { return _ = reply.fail(.readOnly) }
        // Without metadata nobody would know that it is one.
        guard tree.store.capabilities.keepsMetadata || tree.store is any FolderStore else {
            return _ = reply.fail(SystemError(code: EPERM))
        }
        let (name, target) = (Array(name), Array(target))
        var attributes = attributes(mode: 0o777, of: .link, caller)
        attributes.mode = 0o777
        begin(reply) { [self, attributes] () async throws(SystemError) in
            try await whileStaying(folder, writing) { () async throws(SystemError) in
                let key = try tree.newKey(name, in: folder)
                try await refuseTaken(name, in: folder)
                try await clear(key, writing)
                let version = try await makeLink(key, target, attributes)
                var facts = NodeFacts(asked: 0)
                (facts.size, facts.version) = (target.count, version)
                facts.modified = FileTime.now.inNanoseconds
                facts.details = ObjectDetails(attributes, target: target)
                tree.habit.note(facts.details!)
                return .found(try tree.addMade(name, in: folder, .link, facts))
            }
        } undo: { [tree] lookup in
            if case .found(let entry) = lookup { tree.forget(entry.attributes.node, count: 1) }
        }
    }

    func refuseTaken(_ name: [UInt8], in folder: NodeID) async throws(SystemError) {
        guard let taken = try await tree.found(name, in: folder) else { return }
        tree.forget(taken, count: 1)
        throw SystemError(code: EEXIST)
    }

    /// The version of the object that stands for it, where one does.
    private func makeFolder(
        _ marker: ObjectKey, _ attributes: WrittenAttributes
    ) async throws(SystemError) -> ObjectVersion? {
        guard let store = tree.store as? any FolderStore else {
            return try await put(marker, [], attributes, of: .folder, if: .always)
        }
        try await inStore(marker) { () async throws(StoreError) in
            do throws(StoreError) {
                try await store.makeFolder(marker)
            } catch  where error.code == .conditionFailed {
                // It may have been made by an attempt before this one.
            }
            let wanted = FileAttributes(attributes)
            if wanted != FileAttributes() { _ = try await store.set(wanted, of: marker) }
        }
        return nil
    }

    private func makeLink(
        _ key: ObjectKey, _ target: [UInt8], _ attributes: WrittenAttributes
    ) async throws(SystemError) -> ObjectVersion {
        guard let store = tree.store as? any FolderStore else {
            let conditions = tree.store.capabilities.conditionalPut
            do throws(SystemError) {
                return try await put(key, target, attributes, of: .link, if: conditions ? .ifAbsent : .always)
            } catch  where error.code == EEXIST {
                // It may have been made by an attempt before this one, whose answer got lost.
                guard let version = try await link(key, to: target) else { throw error }
                return version
            }
        }
        return try await inStore(key) { () async throws(StoreError) in
            try await store.makeLink(key, to: RawPath(target))
        }
    }

    /// The version of a link that is there, with this target.
    private func link(_ key: ObjectKey, to target: [UInt8]) async throws(SystemError) -> ObjectVersion? {
        try await inStore(key) { [store = tree.store] () async throws(StoreError) in
            let found = try await store.stat(key)
            guard ObjectDetails(found).kind == .link, found.size == target.count else { return nil }
            let content = try await store.read(key, .whole, of: found.version, into: .bytes(limit: target.count))
            return content.bytes == target ? found.version : nil
        }
    }

    public func link(_ node: NodeID, as name: UnsafeRawBufferPointer, in folder: NodeID, _ reply: Reply<Lookup>) {
        // An object has one key.
        reply.fail(writing == nil ? .readOnly : SystemError(code: EPERM))
    }

    @discardableResult
    func put(
        _ key: ObjectKey, _ bytes: [UInt8], _ attributes: WrittenAttributes, of kind: NodeKind,
        if condition: WriteCondition
    ) async throws(SystemError) -> ObjectVersion {
        let keeps = tree.store.capabilities.keepsMetadata
        let options = PutOptions(if: condition, metadata: keeps ? attributes.metadata(of: kind) : .init())
        return try await inStore(key) { [store = tree.store] () async throws(StoreError) in
            try await store.put(key, .bytes(bytes), options).version
        }
    }

    // MARK: Removing

    func removeEmptyFolder(
        _ found: BucketTree.Changeable, _ name: [UInt8], in folder: NodeID, _ writing: MountWriting
    ) async throws(SystemError) {
        guard !found.isFixed else { throw SystemError(code: EBUSY) }
        guard try await isEmpty(found) else { throw SystemError(code: ENOTEMPTY) }
        try await clear(below: found.key, writing)
        if let store = tree.store as? any FolderStore {
            try await inStore(found.key) { () async throws(StoreError) in try await store.removeFolder(found.key) }
        } else {
            try await delete(found.key)
        }
        tree.removeName(name, in: folder, isKnown: true)
    }

    /// Whether nothing is in a folder but the object that stands for it, and what was removed and is open still.
    private func isEmpty(_ found: BucketTree.Changeable) async throws(SystemError) -> Bool {
        guard !tree.hasNamesThere(in: found.node) else { return false }
        var request = ListRequest(prefix: found.key, grouping: .bySlash)
        while true {
            let page = try await inStore(found.key) { [store = tree.store, request] () async throws(StoreError) in
                try await store.list(request)
            }
            let folders = page.prefixes.map { ObjectKey($0.bytes.dropLast()) }
            for key in page.objects.map(\.key) + folders where key != found.key {
                guard tree.isGone(Array(key.bytes.dropFirst(found.key.bytes.count)), in: found.node) else {
                    return false
                }
            }
            guard page.leftOut == 0 else { return false }
            guard let next = page.next else { return true }
            request.continuation = next
        }
    }
}
