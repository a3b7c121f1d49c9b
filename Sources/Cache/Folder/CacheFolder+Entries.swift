import Glibc
import Platform

/// Entries. Whoever has one open holds a shared lock on its marks; whoever removes one holds it alone, so that none is removed
/// that somebody uses. Marks come first and go last: data without marks is what a killed process has left.
extension CacheFolder {
    /// The entry of a version, made where it is missing. Nothing when it is being removed this moment, or cannot be had for
    /// another reason that passes.
    func open(_ version: CachedVersion, _ limits: CacheLimits) throws(SystemError) -> (
        object: CachedObject, isNew: Bool
    )? {
        let header = MarksHeader(version)
        guard header.fits else { return nil }
        let name = version.name
        let folder = try self.folder(of: name)
        var isNew = false
        for _ in 0..<3 {
            guard let marks = try openMarks(name, in: folder) else {
                try makeMarks(name, header, version, in: folder)
                isNew = true
                continue
            }
            guard try marks.lockShared() else { return nil }
            let entry = try marks.entry()
            // Removed between opening and locking.
            guard entry.linkCount > 0 else { continue }
            let written = try marks.bytes(header.bytes.count, at: 0)
            let isRight = written == header.bytes && entry.size == CachedObject.marksSize(version)
            if isRight, !limits.isOver(age: Timestamp.secondsNow - entry.modified.seconds) {
                let data = try OwnedDescriptor.open(
                    name.file(.data), in: folder, FileFlags.readWrite, mode: 0o600)
                return (CachedObject(version, marks: marks, data: data, used: entry.modified.seconds), isNew)
            }
            guard try marks.lock(waiting: false) else { return nil }
            // The lock was let go of for a moment.
            if try marks.entry().linkCount > 0 { try remove(name, in: folder) }
        }
        return nil
    }

    private func folder(of name: EntryName) throws(SystemError) -> OwnedDescriptor {
        let root = try now()
        let folder = RawPath(name.folder)
        do throws(SystemError) {
            return try .open(folder, in: root.file, FileFlags.folder)
        } catch  where error.code == ENOENT {
            try root.file.makeFolderUnlessThere(folder, mode: 0o700)
            return try .open(folder, in: root.file, FileFlags.folder)
        }
    }

    private func openMarks(
        _ name: EntryName, in folder: borrowing OwnedDescriptor
    ) throws(SystemError) -> OwnedDescriptor? {
        do throws(SystemError) {
            return try .open(name.file(.marks), in: folder, FileFlags.change)
        } catch  where error.code == ENOENT {
            return nil
        }
    }

    /// Marks of which none is set, with their name once they are whole. That of another process is as good.
    private func makeMarks(
        _ name: EntryName, _ header: MarksHeader, _ version: CachedVersion, in folder: borrowing OwnedDescriptor
    ) throws(SystemError) {
        func fill(_ file: borrowing OwnedDescriptor) throws(SystemError) {
            try file.write(header.bytes, at: 0)
            try file.resize(to: CachedObject.marksSize(version))
        }
        let final = name.file(.marks)
        do throws(SystemError) {
            if let file = try folder.makeNamelessFile(mode: 0o600) {
                try fill(file)
                try file.giveName(final, in: folder)
                return
            }
            let temporary = RawPath(".\(name.digits).\(getpid()).\(MonotonicTime.milliseconds).new")
            let file = try OwnedDescriptor.open(temporary, in: folder, FileFlags.create, mode: 0o600)
            do throws(SystemError) {
                try fill(file)
                try folder.renameToNew(temporary, to: final, in: folder)
            } catch {
                try? folder.remove(temporary)
                throw error
            }
        } catch  where error.code == EEXIST {
            // Somebody else was faster.
        }
    }

    // MARK: Removing

    /// Removes an entry that nobody uses; false when somebody does.
    func removeUnused(_ name: EntryName, in folder: borrowing OwnedDescriptor) throws(SystemError) -> Bool {
        guard let marks = try openMarks(name, in: folder) else {
            try removeIfAny(name.file(.data), in: folder)
            return true
        }
        guard try marks.lock(waiting: false) else { return false }
        // Of a name that has come to mean another file meanwhile, that one is another's.
        guard try marks.entry().linkCount > 0 else { return true }
        try remove(name, in: folder)
        return true
    }

    /// Removes an entry that others may use: they go on with what they have open, which has no name any more.
    func remove(_ version: CachedVersion) throws(SystemError) {
        try remove(version.name, in: try folder(of: version.name))
    }

    private func remove(_ name: EntryName, in folder: borrowing OwnedDescriptor) throws(SystemError) {
        try removeIfAny(name.file(.data), in: folder)
        try removeIfAny(name.file(.marks), in: folder)
    }

    func removeIfAny(_ name: RawPath, in folder: borrowing OwnedDescriptor) throws(SystemError) {
        do throws(SystemError) {
            try folder.remove(name)
        } catch  where error.code == ENOENT {
            // That is what was wanted.
        }
    }
}
