import Glibc
import ObjectStore
import Platform
import Staging
import Synchronization

/// Files that are made and written to. Their way into the bucket is `WrittenFile`'s.
extension BucketFileSystem {
    /// Begins what waits for the store, and answers with what comes of it. What nobody wants any more is undone.
    func begin<Answer: Sendable>(
        _ reply: Reply<Answer>, _ body: @escaping @Sendable () async throws(SystemError) -> Answer,
        undo: @escaping @Sendable (Answer) -> Void = { _ in }
    ) {
        tree.calls.begin {
            do throws(SystemError) {
                let answer = try await body()
                if !reply.answer(answer) { undo(answer) }
            } catch {
                reply.fail(error)
            }
        }
    }

    // MARK: Opening

    public func make(
        _ name: UnsafeRawBufferPointer, in folder: NodeID, mode: UInt32, _ access: Access, by caller: Caller,
        _ reply: Reply<NewFile>
    ) {
        guard let writing else { return _ = reply.fail(.readOnly) }
        do throws(SystemError) {
            let attributes = attributes(mode: mode, of: .file, caller)
            let (entry, file) = try tree.add(Array(name), in: folder, isOpen: true) { key, node throws(SystemError) in
                try newFile(key, node, attributes, writing)
            }
            let node = entry.attributes.node
            let writer = WriterHandle(opener: caller.process, appends: access.appends)
            let handle = add(writer, of: node, file, writing)
            guard !reply.answer(NewFile(entry, OpenFile(handle, .fresh, wantsFlush: true))) else { return }
            tree.forget(node, count: 1)
            release(node, handle)
        } catch {
            reply.fail(error)
        }
    }

    public func makeNode(
        _ name: UnsafeRawBufferPointer, in folder: NodeID, mode: UInt32, by caller: Caller, _ reply: Reply<Lookup>
    ) {
        guard let writing else { return _ = reply.fail(.readOnly) }
        guard [0, S_IFREG].contains(mode & S_IFMT) else { return _ = reply.fail(SystemError(code: EPERM)) }
        let name = Array(name)
        let attributes = attributes(mode: mode, of: .file, caller)
        begin(reply) { [self] () async throws(SystemError) in
            try await refuseTaken(name, in: folder)
            let (entry, file) = try tree.add(name, in: folder, isOpen: true) { key, node throws(SystemError) in
                try newFile(key, node, attributes, writing)
            }
            defer { close(entry.attributes.node, writing) }
            do throws(SystemError) {
                try await commit(file, writing)
            } catch {
                tree.forget(entry.attributes.node, count: 1)
                throw error
            }
            return .found(entry)
        } undo: { [tree] lookup in
            if case .found(let entry) = lookup { tree.forget(entry.attributes.node, count: 1) }
        }
    }

    private func newFile(
        _ key: ObjectKey, _ node: NodeID, _ attributes: WrittenAttributes, _ writing: MountWriting
    ) throws(SystemError) -> WrittenFile {
        let doomed = writing.takeDoomed(key)?.object.version
        let description = WrittenDescription(attributes, stored: ObjectMetadata())
        let staged = try writing.staging.make(
            StagedImage(), base: nil, name: WrittenName(key, replacing: doomed).words, description: description.words,
            isTorn: true)
        return written(staged, node, key, replacing: doomed, description, writing)
    }

    func written(
        _ staged: StagedFile, _ node: NodeID, _ key: ObjectKey?, replacing: ObjectVersion?,
        _ description: WrittenDescription, kind: NodeKind = .file, objectTime: Int? = nil, _ writing: MountWriting
    ) -> WrittenFile {
        WrittenFile(
            staged, writing.uploader, writing.settings, key: key, replacing: replacing, description.attributes,
            stored: description.stored, kind: kind, room: writing.room,
            objectTime: objectTime
        ) { [weak self] file, object in
            if let object { writing.noteSaved(object.size) }
            self?.finish(node, file, writing)
        }
    }

    func openToWrite(
        _ node: NodeID, _ access: Access, by caller: Caller, _ writing: MountWriting
    ) async throws(SystemError) -> OpenFile {
        let file = try await fileToChange(node, writing)
        do throws(SystemError) {
            if access.truncates, file.staged.size > 0 { try file.resize(to: 0) }
        } catch {
            close(node, writing)
            throw error
        }
        let writer = WriterHandle(opener: caller.process, appends: access.appends)
        let handle = add(writer, of: node, file, writing)
        return OpenFile(handle, .fresh, wantsFlush: true)
    }

    private func add(
        _ writer: WriterHandle, of node: NodeID, _ file: WrittenFile, _ writing: MountWriting
    ) -> HandleID {
        let handle = handles.withLock { $0.add(OpenedFile(node, file, writer)) }
        note(file, writing) { $0.append(WrittenHandle(handle, node, writer)) }
        return handle
    }

    /// Who has a file open is not worth failing for: only after a crash it would be missing.
    private func note(
        _ file: WrittenFile, _ writing: MountWriting, _ change: (inout [WrittenHandle]) -> Void
    ) {
        do throws(SystemError) {
            try file.change(change)
        } catch {
            writing.settings.report("the journal cannot be written: \(error.description)", nil)
        }
    }

    /// The file that a node is, or becomes now; it counts as open until `close`.
    func fileToChange(_ node: NodeID, _ writing: MountWriting) async throws(SystemError) -> WrittenFile {
        if let known = try tree.openWritten(node, or: nil) { return known }
        let found = try await tree.changeable(node)
        guard found.kind != .folder else { throw SystemError(code: EISDIR) }
        if let known = try tree.openWritten(node, or: nil) { return known }
        // Of what has no version nobody could say whether it was changed meanwhile.
        guard let version = found.facts.version else { throw .readOnly }
        var attributes = found.facts.details.map(WrittenAttributes.init) ?? WrittenAttributes()
        // What the store itself knows a new version does not have by itself.
        if tree.store is any FolderStore { attributes.mode = found.facts.mode.map { $0 & 0o7777 } }
        let description = WrittenDescription(attributes, stored: attributes.metadata(of: found.kind))
        let object = StoredObject(found.key, version, size: found.facts.size)
        let staged = try writing.staging.make(
            StagedImage(ofObjectWithSize: object.size), base: object.words,
            name: WrittenName(found.key, replacing: version).words, description: description.words, isTorn: false)
        let new = written(
            staged, node, found.key, replacing: version, description, kind: found.kind,
            objectTime: found.facts.modified, writing)
        let file: WrittenFile?
        do throws(SystemError) {
            file = try tree.openWritten(node, or: new)
        } catch {
            try? staged.remove()
            throw error
        }
        if file !== new { try staged.remove() }
        guard let file else { throw .stale }
        for open in handles.withLock({ $0.files(of: node) }) { open.become(file) }
        return file
    }

    // MARK: Content

    public func write(
        _ bytes: UnsafeRawBufferPointer, at offset: Int, of node: NodeID, _ handle: HandleID, _ reply: Reply<Int>
    ) {
        guard let writing, let (open, file) = writer(handle, of: node) else { return _ = reply.fail(.badHandle) }
        if writing.room.take(bytes.count) { return write(bytes, at: offset, to: file, open, reply) }
        let files = tree.written().map(\.file)
        do throws(SystemError) {
            for file in files { try file.letGoOfParts() }
        } catch {
            return _ = reply.fail(error)
        }
        if writing.room.take(bytes.count) { return write(bytes, at: offset, to: file, open, reply) }
        // Where nothing is on its way into the bucket there will be no more room.
        guard files.contains(where: \.isOnItsWay) else { return _ = reply.fail(.noRoom) }
        let bytes = Array(bytes)
        writing.room.take(bytes.count, within: writing.settings.ioTimeout) { [self] isThere in
            guard isThere else { return _ = reply.fail(.noRoom) }
            tree.calls.begin { [self] in bytes.withUnsafeBytes { write($0, at: offset, to: file, open, reply) } }
        }
    }

    private func write(
        _ bytes: UnsafeRawBufferPointer, at offset: Int, to file: WrittenFile, _ open: OpenedFile, _ reply: Reply<Int>
    ) {
        do throws(SystemError) {
            try file.write(bytes, at: offset)
            open.noteWrite()
            reply.answer(bytes.count)
        } catch {
            reply.fail(error)
        }
    }

    public func reserve(
        _ count: Int, at offset: Int, of node: NodeID, _ handle: HandleID, mode: Int32, _ reply: Reply<Void>
    ) {
        guard let (open, file) = writer(handle, of: node) else { return _ = reply.fail(.badHandle) }
        let (keepsSize, punches, zeroes) = (mode & 1 != 0, mode & 2 != 0, mode & 16 != 0)
        guard mode & ~19 == 0, !(punches && (zeroes || !keepsSize)), offset >= 0, count > 0 else {
            return _ = reply.fail(SystemError(code: EOPNOTSUPP))
        }
        do throws(SystemError) {
            let end = offset + count
            if punches || zeroes { try file.clear(offset..<end) }
            if !keepsSize, end > file.staged.size { try file.resize(to: end) }
            open.noteWrite()
            reply.answer(())
        } catch {
            reply.fail(error)
        }
    }

    private func writer(_ handle: HandleID, of node: NodeID) -> (OpenedFile, WrittenFile)? {
        guard let open = handles.withLock({ $0.file(handle) }) else { return nil }
        return open.written.map { (open, $0) }
    }

    // MARK: Closing

    public func flush(_ node: NodeID, _ handle: HandleID, by caller: Caller, _ reply: Reply<Void>) {
        guard let writing, let (open, file) = writer(handle, of: node) else { return _ = reply.answer(()) }
        let closer = WriterHandle.Closer(process: caller.process, isDying: caller.isDying)
        switch open.noteClose(by: closer) {
        case .nothing: reply.give(file.takeLateError().map { .failure($0) } ?? .success(()))
        case .whole: save(file, waits: writing.settings.commit == .close, reply)
        }
    }

    public func synchronize(_ node: NodeID, _ handle: HandleID, _ reply: Reply<Void>) {
        guard let writing, let (open, file) = writer(handle, of: node) else { return _ = reply.answer(()) }
        open.noteSynchronize()
        guard writing.settings.commit == .background else { return save(file, waits: true, reply) }
        do throws(SystemError) {
            try file.saveBehind()
            try file.staged.synchronize()
        } catch {
            return _ = reply.fail(error)
        }
        reply.give(file.takeLateError().map { .failure($0) } ?? .success(()))
    }

    public func synchronizeFolder(_ node: NodeID, _ handle: HandleID, _ reply: Reply<Void>) { reply.answer(()) }

    private func save(_ file: WrittenFile, waits: Bool, _ reply: Reply<Void>) {
        file.isAbandoned = false
        if waits { return file.save { reply.give($0) } }
        do throws(SystemError) {
            try file.saveBehind()
        } catch {
            return _ = reply.fail(error)
        }
        reply.give(file.takeLateError().map { .failure($0) } ?? .success(()))
    }

    /// As a close would.
    func commit(_ file: WrittenFile, _ writing: MountWriting) async throws(SystemError) {
        guard writing.settings.commit == .close else { return try file.saveBehind() }
        let result = await withCheckedContinuation { continuation in
            file.save { continuation.resume(returning: $0) }
        }
        try result.get()
    }

    /// A handle that may write goes. What is dirty is as whole as it will ever be, unless whoever wrote it has died.
    func close(_ handle: HandleID, _ open: OpenedFile, _ file: WrittenFile, _ writing: MountWriting) {
        note(file, writing) { handles in handles.removeAll { $0.handle == handle } }
        guard open.noteRelease() == .whole || writing.settings.uploadsTorn else {
            file.isAbandoned = !handles.withLock { $0.files(of: open.node).contains(where: \.mayWrite) }
            if file.isAbandoned, file.isTorn { abandon(file, open.node, writing) }
            return
        }
        do throws(SystemError) {
            try file.saveBehind()
        } catch {
            writing.settings.report("\(file.key?.shown ?? "a file"): cannot be saved: \(error.description)", nil)
        }
    }

    /// Whoever still reads it sees the object again, or, where there is none, what was written to its end.
    private func abandon(_ file: WrittenFile, _ node: NodeID, _ writing: MountWriting) {
        guard let key = file.key else { return }
        guard let object = file.staged.state.base.flatMap(StoredObject.init(words:)), object.version == file.replacing
        else { return tree.takeName(of: node) }
        guard tree.settle(node, file, isDiscarded: true, evenIfOpen: true, isOver: { true }) else { return }
        for open in handles.withLock({ $0.files(of: node) }) {
            open.become(reading.open(FileVersion(key: object.key, size: object.size, version: object.version)))
        }
        keep(file.staged, key, .torn, writing)
    }

    /// Of what `fileToChange` has opened.
    func close(_ node: NodeID, _ writing: MountWriting) {
        if let last = tree.noteClose(node) { finish(node, last, writing) }
    }

    // MARK: The end

    /// Lets go of a file that is closed and of which nothing is left to be done here.
    func finish(_ node: NodeID, _ file: WrittenFile, _ writing: MountWriting) {
        guard let key = file.key else { return finishDeleted(node, file, writing) }
        if file.isAbandoned, file.isTorn {
            keep(node, file, key, .torn, writing)
        } else if file.hasConflict {
            keep(node, file, key, .conflict, writing)
        } else if !file.isUnsaved, file.hasOtherAttributes {
            storeAttributesLater(node, file, writing)
        } else if tree.settle(node, file, isOver: { file.isSettled }) {
            remove(file, writing)
        }
    }

    private func keep(
        _ node: NodeID, _ file: WrittenFile, _ key: ObjectKey, _ reason: KeptFile.Reason, _ writing: MountWriting
    ) {
        guard tree.settle(node, file, isDiscarded: true, isOver: { true }) else { return }
        keep(file.staged, key, reason, writing)
    }

    private func finishDeleted(_ node: NodeID, _ file: WrittenFile, _ writing: MountWriting) {
        guard tree.settle(node, file, isOver: { true }) else { return }
        let doomed = file.staged.state.base.flatMap(StoredObject.init(words:)).flatMap { writing.takeDoomed($0.key) }
        guard let doomed else { return remove(file, writing) }
        let object = doomed.object
        writing.uploader.deletions.begin(object.key)
        tree.calls.begin { [self] in
            defer { writing.uploader.deletions.end(object.key) }
            do throws(SystemError) {
                try await delete(object.key, object.version)
                tree.noteKnown(doomed.name, in: doomed.folder)
                remove(file, writing)
            } catch {
                // It stands in the journal still.
                writing.settings.report("\(object.key.shown): cannot be deleted: \(error.description)", nil)
            }
        }
    }

    func remove(_ file: WrittenFile, _ writing: MountWriting) {
        do throws(SystemError) {
            try file.staged.remove()
        } catch {
            writing.settings.report("a staged file cannot be removed: \(error.description)", nil)
        }
    }
}

extension SystemError {
    static let badHandle = SystemError(code: EBADF)
    static let noRoom = SystemError(code: ENOSPC)
}
