import Glibc
import Platform

extension LocalTree {
    /// Copies content and permission bits, or a link as a link.
    func copy(
        _ source: CopySource, to key: ObjectKey, _ metadata: ObjectMetadata?, if condition: WriteCondition,
        _ cancellation: Cancellation
    ) throws(StoreError) -> PutResult {
        try refuse(metadata, checksum: nil)
        let local = try LocalKey(key)
        let object = try stat(source.key)
        guard source.version == nil || source.version == object.version else { throw .changed(source.key) }
        if case .symlink(let target) = object.kind {
            return try makeLink(local, to: target, if: condition, cancellation)
        }
        let file = try openFile(source.key)
        let folder = try makeFolder(local.parent)
        return try publish(local, in: folder, if: condition, mode: (object.mode ?? 0o666) & 0o777, cancellation) {
            copy throws(StoreError) in
            do throws(SystemError) {
                _ = try WholeFileCopy.copy(
                    from: file, to: copy, expected: object.size, progress: { _ in },
                    isCancelled: { cancellation.isCancelled })
            } catch {
                throw StoreError(error, "cannot copy \(source.key.shown)")
            }
            guard try info(of: source.key, file).version == object.version else {
                throw .changed(source.key)
            }
        }
    }

    func makeLink(
        _ local: LocalKey, to target: RawPath, if condition: WriteCondition, _ cancellation: Cancellation
    ) throws(StoreError) -> PutResult {
        let folder = try makeFolder(local.parent)
        let temporary = LocalKey.temporaryName()
        do throws(SystemError) {
            try folder.makeLink(temporary, to: target)
        } catch {
            throw StoreError(error, "cannot write \(local.key.shown)")
        }
        do throws(StoreError) {
            try place(temporary, as: local, in: folder, if: condition, cancellation)
        } catch {
            try? folder.remove(temporary)
            throw error
        }
        return PutResult(version: try stat(local.key).version)
    }

    /// Moves a file, a link, or, of keys that end in a slash, a folder with all that is in it.
    func rename(
        _ key: ObjectKey, to newKey: ObjectKey, if condition: WriteCondition, _ cancellation: Cancellation
    ) throws(StoreError) -> PutResult {
        guard key.endsInSlash == newKey.endsInSlash else {
            throw StoreError(.invalid, "\(key.shown) and \(newKey.shown) are not both folders")
        }
        let isFolder = key.endsInSlash
        let source = try LocalKey(either: key)
        let target = try LocalKey(either: newKey)
        let task = "cannot rename \(key.shown)"
        let sourceFolder = try attempt(task) { () throws(SystemError) in
            let folder = try openFolder(source.parent)
            let kind = try folder.entry(of: source.name).kind
            guard isFolder ? kind == .folder : kind == .file || kind == .link else { throw .notThere }
            return folder
        }
        let targetFolder = try makeFolder(target.parent)
        let lock = try condition == .ifAbsent ? nil : lock(targetFolder, cancellation)
        defer { withExtendedLifetime(lock) {} }
        try check(condition, target, in: targetFolder)
        do throws(SystemError) {
            if condition == .ifAbsent {
                try sourceFolder.renameToNew(source.name, to: target.name, in: targetFolder)
            } else {
                try sourceFolder.rename(source.name, to: target.name, in: targetFolder)
            }
            return PutResult(version: ObjectVersion(try targetFolder.entry(of: target.name)))
        } catch  where error.code == EEXIST && condition == .ifAbsent {
            throw .conditionFailed(newKey)
        } catch  where error.code == EXDEV {
            throw StoreError(.unsupported, "\(task): \(newKey.shown) is on another file system")
        } catch {
            throw StoreError(error, task)
        }
    }

    /// Folders stay, also those that this leaves empty.
    func delete(_ deletion: Deletion, _ cancellation: Cancellation) throws(StoreError) {
        let local = try LocalKey(deletion.key)
        do throws(StoreError) {
            let folder = try attempt("cannot delete \(deletion.key.shown)") { () throws(SystemError) in
                try openFolder(local.parent)
            }
            let condition = deletion.version.map(WriteCondition.ifVersion) ?? .always
            let lock = try condition == .always ? nil : lock(folder, cancellation)
            defer { withExtendedLifetime(lock) {} }
            try check(condition, local, in: folder)
            try attempt("cannot delete \(deletion.key.shown)") { () throws(SystemError) in
                let kind = try folder.entry(of: local.name).kind
                if kind == .file || kind == .link { try folder.remove(local.name) }
            }
        } catch  where error.code == .notFound {
            if deletion.version != nil { throw .conditionFailed(deletion.key) }
        }
    }
}
