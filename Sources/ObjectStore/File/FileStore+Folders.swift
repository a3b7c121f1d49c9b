import Glibc
public import Platform

extension FileStore: FolderStore {
    public func makeFolder(_ key: ObjectKey) async throws(StoreError) {
        try await run { tree, _ throws(StoreError) in try tree.makeFolder(LocalKey(folder: key)) }
    }

    public func removeFolder(_ key: ObjectKey) async throws(StoreError) {
        try await run { tree, _ throws(StoreError) in try tree.removeFolder(LocalKey(folder: key)) }
    }

    public func makeLink(_ key: ObjectKey, to target: RawPath) async throws(StoreError) -> ObjectVersion {
        try await run { tree, cancellation throws(StoreError) in
            try tree.makeLink(LocalKey(key), to: target, if: .ifAbsent, cancellation).version
        }
    }

    public func exchange(_ key: ObjectKey, with other: ObjectKey) async throws(StoreError) {
        try await run { tree, _ throws(StoreError) in
            try tree.exchange(LocalKey(either: key), with: LocalKey(either: other))
        }
    }

    public func set(_ attributes: FileAttributes, of key: ObjectKey) async throws(StoreError) -> ObjectVersion? {
        try await run { tree, _ throws(StoreError) in
            try tree.set(attributes, of: LocalKey(either: key))
            return key.endsInSlash ? nil : try tree.stat(key).version
        }
    }

    public func areOfOneFile(_ version: ObjectVersion, _ other: ObjectVersion) -> Bool {
        version.file == other.file
    }
}

extension LocalTree {
    fileprivate func makeFolder(_ local: LocalKey) throws(StoreError) {
        let folder = try makeFolder(local.parent)
        do throws(SystemError) {
            try folder.makeFolder(local.name)
            if isDurable { try folder.synchronize() }
        } catch  where error.code == EEXIST {
            throw .conditionFailed(local.key)
        } catch {
            throw StoreError(error, "cannot make the folder \(local.key.shown)")
        }
    }

    fileprivate func removeFolder(_ local: LocalKey) throws(StoreError) {
        let task = "cannot remove the folder \(local.key.shown)"
        do throws(SystemError) {
            let folder = try openFolder(local.parent)
            try folder.remove(local.name, isFolder: true)
            if isDurable { try folder.synchronize() }
        } catch  where error.code == ENOENT {
            return
        } catch  where error.code == ENOTEMPTY {
            throw StoreError(.invalid, "\(task): it is not empty", errno: error.code)
        } catch {
            throw StoreError(error, task)
        }
    }

    fileprivate func exchange(_ local: LocalKey, with other: LocalKey) throws(StoreError) {
        try attempt("\(local.key.shown) and \(other.key.shown) cannot change places") { () throws(SystemError) in
            let otherFolder = try openFolder(other.parent)
            try openFolder(local.parent).exchange(local.name, with: other.name, in: otherFolder)
        }
    }

    fileprivate func set(_ attributes: FileAttributes, of local: LocalKey) throws(StoreError) {
        try attempt("cannot change the attributes of \(local.key.shown)") { () throws(SystemError) in
            let folder = try openFolder(local.parent)
            // Owners first: changing them takes set-id bits away.
            let owner = FileOwner(user: attributes.owner, group: attributes.group)
            if owner != .ours { try folder.setOwner(ofLink: local.name, owner) }
            if let mode = attributes.mode { try folder.setMode(of: local.name, mode) }
            if attributes.accessed != nil || attributes.modified != nil {
                try folder.setTimes(
                    of: local.name, accessed: attributes.accessed, modified: attributes.modified)
            }
        }
    }
}
