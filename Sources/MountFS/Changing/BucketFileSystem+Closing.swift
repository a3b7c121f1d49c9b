import Glibc
import ObjectStore
import Platform
import Staging
import Synchronization

/// Files that are closed and synchronized, and what becomes of them then.
extension BucketFileSystem {
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
            // Nobody can be told any more, but the status; it is tried again.
            writing.settings.report("\(file.key?.shown ?? "a file"): cannot be saved: \(error.description)", nil)
        }
    }

    /// Whoever still reads it sees the object again, or, where there is none, what was written to its end.
    private func abandon(_ file: WrittenFile, _ node: NodeID, _ writing: MountWriting) {
        guard let key = file.key else { return }
        guard let object = objectBelow(file) else { return tree.takeName(of: node) }
        let left = attributesLeft(of: file, on: object, node, writing)
        guard tree.settle(node, file, isDiscarded: true, evenIfOpen: true, by: left, isOver: { true }) else {
            if let left { remove(left, writing) }
            return
        }
        for open in handles.withLock({ $0.files(of: node) }) {
            if let left {
                open.become(left)
            } else {
                open.become(reading.open(FileVersion(key: object.key, size: object.size, version: object.version)))
            }
        }
        keep(file.staged, key, .torn, writing)
    }

    /// The object that a torn file was, if it is still what the bucket has.
    private func objectBelow(_ file: WrittenFile) -> StoredObject? {
        guard let object = file.staged.state.base.flatMap(StoredObject.init(words:)), object.key == file.key,
            object.version == file.replacing
        else { return nil }
        return object
    }

    /// What programs have set of a file whose bytes are not to be used: the object with that. Nothing when nothing was set.
    private func attributesLeft(
        of file: WrittenFile, on object: StoredObject, _ node: NodeID, _ writing: MountWriting
    ) -> WrittenFile? {
        let description = file.descriptionOfObject
        guard description.attributes.metadata(of: file.kind) != description.stored else { return nil }
        do throws(SystemError) {
            return written(
                try stage(object, description, writing), node, object.key, replacing: object.version, description,
                kind: file.kind, objectTime: file.state.withLock { $0.objectTime }, writing)
        } catch {
            writing.settings.report("\(object.key.shown): what was set of it is lost: \(error.description)", nil)
            return nil
        }
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
        let object = reason == .torn ? objectBelow(file) : nil
        let left = object.flatMap { attributesLeft(of: file, on: $0, node, writing) }
        guard tree.settle(node, file, isDiscarded: true, by: left, isOver: { true }) else {
            if let left { remove(left, writing) }
            return
        }
        keep(file.staged, key, reason, writing)
        if let left { finish(node, left, writing) }
    }

    func remove(_ file: WrittenFile, _ writing: MountWriting) {
        do throws(SystemError) {
            try file.staged.remove()
        } catch {
            writing.settings.report("a staged file cannot be removed: \(error.description)", nil)
        }
    }
}
