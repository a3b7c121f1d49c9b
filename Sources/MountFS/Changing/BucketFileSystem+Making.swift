import Glibc
import ObjectStore
import Platform
import Staging
import Synchronization

/// Files that are made, and opened to be written.
extension BucketFileSystem {
    public func make(
        _ name: UnsafeRawBufferPointer, in folder: NodeID, mode: UInt32, _ access: Access, by caller: Caller,
        _ reply: Reply<NewFile>
    ) {
        guard let writing else { return _ = reply.fail(.readOnly) }
        let name = Array(name)
        do throws(SystemError) {
            let key = try tree.newKey(name, in: folder)
            guard !writing.isDoomed(key) else {
                return begin(reply) { [self] () async throws(SystemError) in
                    try await clear(key, writing)
                    return try make(name, in: folder, mode: mode, access, by: caller, writing)
                } undo: { [self] new in
                    undo(new)
                }
            }
            // Nearly always: nobody has to be waited for.
            let new = try make(name, in: folder, mode: mode, access, by: caller, writing)
            if !reply.answer(new) { undo(new) }
        } catch {
            reply.fail(error)
        }
    }

    public func findMade(
        _ name: UnsafeRawBufferPointer, in folder: NodeID, _ access: Access, by caller: Caller,
        _ reply: Reply<NewFile>
    ) {
        guard writing != nil else { return _ = reply.fail(.readOnly) }
        let name = Array(name)
        begin(reply) { [self] () async throws(SystemError) in
            let lookup = try await Answered<Lookup>.wait { reply in
                name.withUnsafeBytes { lookUp($0, in: folder, reply) }
            }
            guard case .found(let entry) = lookup else { throw SystemError(code: EEXIST) }
            let node = entry.attributes.node
            let writer = WriterHandle(opener: caller.process, appends: access.appends)
            let handle = handles.withLock { $0.takeRecovered(for: caller.request, of: node, writer) }
            guard let handle else {
                tree.forget(node, count: 1)
                throw SystemError(code: EEXIST)
            }
            return NewFile(entry, OpenFile(writing: handle, access, isNew: true))
        } undo: { [self] new in
            undo(new)
        }
    }

    private func make(
        _ name: [UInt8], in folder: NodeID, mode: UInt32, _ access: Access, by caller: Caller, _ writing: MountWriting
    ) throws(SystemError) -> NewFile {
        let attributes = attributes(mode: mode, of: .file, caller)
        let writer = WriterHandle(opener: caller.process, appends: access.appends)
        // One step for whoever comes after a crash: a file that nobody had open would be taken for one that was torn.
        var holders: [WrittenHandle] = []
        let (entry, file) = try tree.add(name, in: folder, isOpen: true) { key, node throws(SystemError) in
            holders = [WrittenHandle(handles.withLock { $0.number(for: node) }, node, writer, for: caller.request)]
            return try newFile(key, node, attributes, heldBy: holders, writing)
        }
        let handle = holders[0].handle
        _ = handles.withLock { $0.add(OpenedFile(holders[0].node, file, writer), under: handle) }
        return NewFile(entry, OpenFile(writing: handle, access, isNew: true))
    }

    /// Nobody wants it any more.
    private func undo(_ new: NewFile) {
        tree.forget(new.entry.attributes.node, count: 1)
        release(new.entry.attributes.node, new.file.handle)
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
            try await clear(try tree.newKey(name, in: folder), writing)
            let (entry, file) = try tree.add(name, in: folder, isOpen: true) { key, node throws(SystemError) in
                try newFile(key, node, attributes, heldBy: [], writing)
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
        _ key: ObjectKey, _ node: NodeID, _ attributes: WrittenAttributes, heldBy holders: [WrittenHandle],
        _ writing: MountWriting
    ) throws(SystemError) -> WrittenFile {
        let description = WrittenDescription(attributes, stored: ObjectMetadata())
        let staged = try stage(
            StagedImage(), of: nil, as: WrittenName(key, replacing: nil), description, heldBy: holders, isTorn: true,
            writing)
        let file = written(staged, node, key, replacing: nil, description, writing)
        file.state.withLock { $0.handles = holders }
        return file
    }

    func written(
        _ staged: StagedFile, _ node: NodeID, _ key: ObjectKey?, replacing: ObjectVersion?,
        _ description: WrittenDescription, kind: NodeKind = .file, objectTime: Int? = nil,
        changed: Int? = nil, _ writing: MountWriting
    ) -> WrittenFile {
        WrittenFile(
            staged, writing.uploader, writing.settings, key: key, replacing: replacing, description.attributes,
            stored: description.stored, kind: kind, room: writing.room,
            objectTime: objectTime, changed: changed
        ) { [weak self] file, object in
            if let object, let path = self?.shownPath(of: object.key) {
                writing.noteSaved(UploadedFile(path, bytes: object.size, version: object.version.text))
            }
            self?.finish(node, file, writing)
        } onMove: { [weak self] _, key in
            self?.follow(node, to: key, writing)
        }
    }

    func openToWrite(
        _ node: NodeID, _ access: Access, by caller: Caller, _ writing: MountWriting
    ) async throws(SystemError) -> OpenFile {
        let handle = try await handleToWrite(node, access, by: caller, writing)
        do throws(SystemError) {
            if access.truncates, let (_, file) = writer(handle, of: node), file.staged.size > 0 {
                try file.resize(to: 0)
            }
        } catch {
            release(node, handle)
            throw error
        }
        return OpenFile(writing: handle, access)
    }

    /// The one that a session before this one has given for the same request, and did not live to tell of, or a new one.
    private func handleToWrite(
        _ node: NodeID, _ access: Access, by caller: Caller, _ writing: MountWriting
    ) async throws(SystemError) -> HandleID {
        let writer = WriterHandle(opener: caller.process, appends: access.appends)
        let known = handles.withLock { $0.takeRecovered(for: caller.request, of: node, writer) }
        if let known { return known }
        let file = try await fileToChange(node, writing)
        do throws(SystemError) {
            try file.stay()
        } catch {
            close(node, writing)
            throw error
        }
        return add(writer, of: node, file, for: caller.request, writing)
    }

    private func add(
        _ writer: WriterHandle, of node: NodeID, _ file: WrittenFile, for request: UInt64, _ writing: MountWriting
    ) -> HandleID {
        let handle = handles.withLock { $0.add(OpenedFile(node, file, writer)) }
        note(file, writing) { $0.append(WrittenHandle(handle, node, writer, for: request)) }
        return handle
    }

    /// Who has a file open is not worth failing for: only after a crash it would be missing.
    func note(
        _ file: WrittenFile, _ writing: MountWriting, _ change: (inout [WrittenHandle]) -> Void
    ) {
        do throws(SystemError) {
            try file.change(change)
        } catch {
            let error = StoreError(error, "the journal cannot be written")
            writing.settings.report(error.message, error)
        }
    }

    /// The file that a node is, or becomes now; it counts as open until `close`.
    func fileToChange(_ node: NodeID, _ writing: MountWriting) async throws(SystemError) -> WrittenFile {
        try await waitForAbandoned(node, writing)
        if let known = try tree.openWritten(node, or: nil) { return known }
        await writing.waitForQuiet()
        let found = try await tree.changeable(node)
        guard found.kind != .folder else { throw SystemError(code: EISDIR) }
        if let known = try tree.openWritten(node, or: nil) { return known }
        // Of what has no version nobody could say whether it was changed meanwhile.
        guard let version = found.facts.version else { throw .readOnly }
        var attributes = found.facts.details.map(WrittenAttributes.init) ?? WrittenAttributes()
        // What the store itself knows a new version does not have by itself.
        if tree.store is any FolderStore { attributes.mode = attributes.mode ?? found.facts.mode.map { $0 & 0o7777 } }
        let description = WrittenDescription(attributes, stored: attributes.metadata(of: found.kind))
        let object = StoredObject(found.key, version, size: found.facts.size)
        let staged = try stage(object, description, writing)
        let new = written(
            staged, node, found.key, replacing: version, description, kind: found.kind,
            objectTime: found.facts.modified, changed: found.facts.changed, writing)
        let file: WrittenFile?
        do throws(SystemError) {
            file = try tree.openWritten(node, or: new)
        } catch {
            try? staged.remove()
            throw error
        }
        if file !== new { try staged.remove() }
        // It was moved meanwhile.
        guard let file else { return try await fileToChange(node, writing) }
        for open in handles.withLock({ $0.files(of: node) }) { open.become(file) }
        return file
    }

    /// An object of which nothing is changed yet.
    func stage(
        _ object: StoredObject, _ description: WrittenDescription, _ writing: MountWriting
    ) throws(SystemError) -> StagedFile {
        try stage(
            StagedImage(ofObjectWithSize: object.size), of: object,
            as: WrittenName(object.key, replacing: object.version), description, isTorn: false, writing)
    }
}
