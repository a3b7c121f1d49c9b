import Checksums
import Glibc
import Platform

extension LocalTree {
    func put(
        _ key: ObjectKey, _ body: ByteSource, _ options: PutOptions, _ cancellation: Cancellation
    ) throws(StoreError) -> PutResult {
        try refuse(options.metadata, checksum: options.checksum?.algorithm)
        let local = try LocalKey(key)
        let folder = try makeFolder(local.parent)
        return try publish(local, in: folder, if: options.condition, cancellation) { file throws(StoreError) in
            try write(body, to: file, key, cancellation)
        }
    }

    /// Files keep neither.
    func refuse(_ metadata: ObjectMetadata?, checksum: Checksum.Algorithm?) throws(StoreError) {
        guard metadata?.isEmpty ?? true, checksum == nil else {
            throw StoreError(.unsupported, "files keep neither content type nor metadata nor checksums")
        }
    }

    func write(
        _ body: ByteSource, to file: borrowing OwnedDescriptor, _ key: ObjectKey, _ cancellation: Cancellation
    ) throws(StoreError) {
        do throws(SystemError) {
            switch body {
            case .bytes(let bytes):
                try file.write(bytes, at: 0)
            case .file(let source, let range):
                let count = try RangeCopy.copy(
                    from: source.file, at: range.lowerBound, count: range.count, to: file, at: 0,
                    isCancelled: { cancellation.isCancelled })
                // Somebody has cut the source short: half of it must not become an object.
                guard count == range.count else { throw SystemError(code: EIO) }
            }
        } catch {
            throw StoreError(error, "cannot write \(key.shown)")
        }
    }

    /// Makes a new file of whatever `fill` writes, and gives it its name once it is whole.
    func publish(
        _ local: LocalKey, in folder: borrowing OwnedDescriptor, if condition: WriteCondition, mode: UInt32 = 0o666,
        _ cancellation: Cancellation, fill: (borrowing OwnedDescriptor) throws(StoreError) -> Void
    ) throws(StoreError) -> PutResult {
        // Spares the bytes when it is known already that they will not be wanted.
        try check(condition, local, in: folder)
        leftovers.sweep(folder)
        let temporary = LocalKey.temporaryName()
        let task = "cannot write \(local.key.shown)"
        let file = try attempt(task) { () throws(SystemError) in
            try OwnedDescriptor.open(temporary, in: folder, O_WRONLY | O_CREAT | O_EXCL, mode: mode)
        }
        // So that nobody takes it for left behind, however long it takes. Where files cannot be locked, its age has to do.
        _ = try? file.lock(waiting: false)
        do throws(StoreError) {
            try fill(file)
            if isDurable { try attempt(task) { () throws(SystemError) in try file.synchronize() } }
            try place(temporary, as: local, in: folder, if: condition, cancellation)
        } catch {
            try? folder.remove(temporary)
            throw error
        }
        do throws(SystemError) {
            if isDurable { try folder.synchronize() }
            // Asked of the open file, so that it is ours whatever has the name by now.
            return PutResult(version: ObjectVersion(try file.entry()))
        } catch {
            throw StoreError(error, task)
        }
    }

    /// Gives a temporary name's file its own name.
    ///
    /// `ifAbsent` is decided by the file system. `ifVersion` is looked at and acted upon in two steps, with the folder
    /// locked meanwhile: writers that use a `FileStore` exclude one another, in all processes and, where the file
    /// system's locks reach, on all machines. A change that another program makes just between the steps is lost.
    func place(
        _ temporary: RawPath, as local: LocalKey, in folder: borrowing OwnedDescriptor, if condition: WriteCondition,
        _ cancellation: Cancellation
    ) throws(StoreError) {
        do throws(SystemError) {
            if condition == .ifAbsent {
                return try folder.renameToNew(temporary, to: local.name, in: folder)
            }
        } catch {
            throw error.code == EEXIST
                ? .conditionFailed(local.key) : StoreError(error, "cannot write \(local.key.shown)")
        }
        let lock = try lock(folder, cancellation)
        defer { withExtendedLifetime(lock) {} }
        try check(condition, local, in: folder)
        do throws(SystemError) {
            try giveToOwner(of: local.name, temporary, in: folder)
            try folder.rename(temporary, to: local.name, in: folder)
        } catch {
            throw StoreError(error, "cannot write \(local.key.shown)")
        }
    }

    /// What replaces a file belongs to whom that did, as if it had been written in place; else, where that cannot be, it is ours.
    private func giveToOwner(
        of name: RawPath, _ temporary: RawPath, in folder: borrowing OwnedDescriptor
    ) throws(SystemError) {
        guard let replaced = try folder.entryIfAny(of: name), replaced.kind == .file else { return }
        let owner = FileOwner(user: replaced.owner, group: replaced.group)
        guard owner.differs(from: try folder.entry(of: temporary)), owner.canBeGiven else { return }
        do throws(SystemError) {
            try folder.setOwner(ofLink: temporary, owner)
        } catch  where error.code == EPERM {
            // Other machines have their own rules about that.
        }
    }

    func check(
        _ condition: WriteCondition, _ local: LocalKey, in folder: borrowing OwnedDescriptor
    ) throws(StoreError) {
        guard condition != .always else { return }
        let entry: FileEntry?
        do throws(SystemError) {
            entry = try folder.entryIfAny(of: local.name)
        } catch {
            throw StoreError(error, "cannot look at \(local.key.shown)")
        }
        let holds =
            switch condition {
            case .always: true
            case .ifAbsent: entry == nil
            case .ifVersion(let version): entry.map(ObjectVersion.init) == version
            }
        guard holds else { throw .conditionFailed(local.key) }
    }
}

extension StoreError {
    static func conditionFailed(_ key: ObjectKey) -> StoreError {
        StoreError(.conditionFailed, "\(key.shown) is there already, or is not the version that was expected")
    }
}
