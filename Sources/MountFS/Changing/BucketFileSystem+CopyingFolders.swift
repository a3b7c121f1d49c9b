import Glibc
import ObjectStore
import Platform
import Synchronization

/// What is in a folder is copied to where its new name will be, and goes when that has been done.
extension BucketFileSystem {
    enum CopyPass: Equatable {
        /// `isBegun`: some of it may be there already.
        case first(isBegun: Bool)
        /// Nothing comes meanwhile from here.
        case last
    }

    /// All that is not among those that were moved, or not in this version. Returns what is there.
    func copyAll(
        from prefix: ObjectKey, to newPrefix: ObjectKey, _ pass: CopyPass, _ moved: inout [ObjectKey: MovedObject]
    ) async throws(SystemError) -> Set<ObjectKey> {
        var there: Set<ObjectKey> = []
        if let folder = try await realFolder(prefix) {
            there.insert(prefix)
            if moved[prefix] == nil { try await copy([folder], from: prefix, to: newPrefix, pass, &moved) }
        }
        try await forEachPage(below: prefix) { objects async throws(SystemError) in
            there.formUnion(objects.map(\.key))
            let left = objects.filter { moved[$0.key]?.was != $0.version }
            try await copy(left, from: prefix, to: newPrefix, pass, &moved)
        }
        return there
    }

    /// The old ones. What somebody else has written in place of them since is not among them, and stays.
    func removeCopied(
        _ moved: [ObjectKey: MovedObject], from prefix: ObjectKey, _ unanswered: UnansweredDeletions,
        _ writing: MountWriting
    ) async throws(SystemError) {
        let others = try await deleteAll(moved.mapValues(\.was), below: prefix, unanswered)
        guard let first = others.first else { return }
        let more = others.count > 1 ? " and \(others.count - 1) more" : ""
        writing.settings.report(
            "\(first.shown)\(more): somebody else has written there while the folder got another name; that is left",
            nil)
    }

    /// What was copied goes again.
    func clear(
        _ moved: [ObjectKey: MovedObject], from prefix: ObjectKey, to newPrefix: ObjectKey
    ) async throws(SystemError) {
        let copied = moved.filter(\.value.isCopied).map { key, object in
            (Self.key(key, from: prefix, to: newPrefix), Optional(object.version))
        }
        _ = try await deleteAll(Dictionary(uniqueKeysWithValues: copied), below: newPrefix, UnansweredDeletions())
    }

    /// Those of the old ones that have gone are copied back. Returns what is there now.
    func copyBack(
        _ moved: [ObjectKey: MovedObject], from prefix: ObjectKey, to newPrefix: ObjectKey
    ) async throws(SystemError) -> [ObjectKey: ObjectVersion] {
        var there: Set<ObjectKey> = try await realFolder(prefix) == nil ? [] : [prefix]
        try await forEachPage(below: prefix) { there.formUnion($0.map(\.key)) }
        var versions = moved.filter { there.contains($0.key) }.compactMapValues(\.was)
        let gone = Set(moved.keys.filter { !there.contains($0) }.map { Self.key($0, from: prefix, to: newPrefix) })
        guard !gone.isEmpty else { return versions }
        var back: [ObjectKey: MovedObject] = [:]
        if gone.contains(newPrefix), let folder = try await realFolder(newPrefix) {
            try await copy([folder], from: newPrefix, to: prefix, .last, &back)
        }
        try await forEachPage(below: newPrefix) { objects async throws(SystemError) in
            let left = objects.filter { gone.contains($0.key) && back[$0.key] == nil }
            try await copy(left, from: newPrefix, to: prefix, .last, &back)
        }
        for (key, object) in back { versions[Self.key(key, from: newPrefix, to: prefix)] = object.version }
        return versions
    }

    // MARK: What is there

    private func forEachPage(
        below prefix: ObjectKey, _ body: ([ObjectInfo]) async throws(SystemError) -> Void
    ) async throws(SystemError) {
        var request = ListRequest(prefix: prefix, showsFolders: true)
        while true {
            let going = writing?.going(below: prefix) ?? []
            let page = try await inStore(prefix) { [store = tree.store, request] () async throws(StoreError) in
                try await store.list(request)
            }
            // What was removed and is open stays behind, and what has been closed since goes.
            try await body(page.objects.filter { !going.contains($0.key) && writing?.isDoomed($0.key) != true })
            guard let next = page.next else { return }
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

    // MARK: Deleting

    /// In these versions, where the store looks and deletes in one step. Returns those that were others.
    private func deleteAll(
        _ objects: [ObjectKey: ObjectVersion?], below prefix: ObjectKey, _ unanswered: UnansweredDeletions
    ) async throws(SystemError) -> [ObjectKey] {
        let decides = tree.store.capabilities.conditionalDelete
        let files = objects.filter { !$0.key.endsInSlash }.sorted { $0.key < $1.key }
        let others = try await delete(
            files.map { Deletion($0.key, ifVersion: decides ? $0.value : nil) }, below: prefix, unanswered)
        // Folders last, and those in others before these: some servers keep those that are not empty.
        let folders = objects.keys.filter(\.endsInSlash).sorted { $1 < $0 }
        _ = try await delete(folders.map { Deletion($0) }, below: prefix, unanswered)
        return others
    }

    private static let deletionsAtOnce = 1000

    private func delete(
        _ deletions: [Deletion], below prefix: ObjectKey, _ unanswered: UnansweredDeletions
    ) async throws(SystemError) -> [ObjectKey] {
        var others: [ObjectKey] = []
        // So many as there may be, so many requests have the time of one.
        for start in stride(from: 0, to: deletions.count, by: Self.deletionsAtOnce) {
            let some = deletions[start..<min(start + Self.deletionsAtOnce, deletions.count)]
            others += try await inStore(prefix) { [store = tree.store] () async throws(StoreError) in
                try await Self.delete(Array(some), in: store, unanswered)
            }
        }
        return others
    }

    private static func delete(
        _ deletions: [Deletion], in store: any ObjectStore, _ unanswered: UnansweredDeletions
    ) async throws(StoreError) -> [ObjectKey] {
        unanswered.begin()
        var (others, refusal): ([ObjectKey], StoreError?) = ([], nil)
        for (deletion, result) in zip(deletions, try await store.delete(deletions)) {
            do throws(StoreError) {
                try result.get()
            } catch  where deletion.version != nil && error.code == .conditionFailed {
                // It may have gone with an attempt before this one.
                let there = try await store.statIfAny(deletion.key)
                if there?.version == deletion.version { refusal = error }
                if let there, there.version != deletion.version { others.append(deletion.key) }
            } catch  where deletion.key.endsInSlash && error.errno == ENOTEMPTY {
                // Somebody else has something in it.
            } catch  where error.isRefusal {
                refusal = error
            }
        }
        unanswered.end()
        if let refusal { throw refusal }
        return others
    }

    // MARK: Copying

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
        _ objects: [ObjectInfo], from prefix: ObjectKey, to newPrefix: ObjectKey, _ pass: CopyPass,
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
        _ objects: [ObjectInfo], from prefix: ObjectKey, to newPrefix: ObjectKey, _ pass: CopyPass,
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

/// Whether the store may still carry out some of what was to be deleted: it was asked, and has not said for each that it is done, or
/// will not be.
final class UnansweredDeletions: Sendable {
    private let attempts = Atomic(0)
    var areAny: Bool { attempts.load(ordering: .relaxed) > 0 }

    fileprivate func begin() { attempts.add(1, ordering: .relaxed) }
    fileprivate func end() { attempts.subtract(1, ordering: .relaxed) }
}

extension StoreError {
    /// The store has heard the request, and does not do it.
    fileprivate var isRefusal: Bool {
        !isRetryable && (code == .denied || status.map { (400..<500).contains($0) } == true)
    }
}
