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
        case .nothing:
            if closer.isDying, open.isTorn { noteTorn(handle, file, writing) }
            reply.give(file.takeLateError().map { .failure($0) } ?? .success(()))
        case .whole: save(file, by: open, until: writing.settings.commit == .close ? .inBucket : .noted, reply)
        }
    }

    public func synchronize(_ node: NodeID, _ handle: HandleID, _ reply: Reply<Void>) {
        // Also whoever only reads it, as `sync FILE` does.
        guard let writing, let file = tree.written(node) else { return _ = reply.answer(()) }
        let open = handles.withLock { $0.file(handle) }
        let place = writing.settings.commit == .background ? SafePlace.onDisk : .inBucket
        // What a writer has left torn is not whole because of a reader.
        if file.isAbandoned, open?.mayWrite != true {
            guard place == .inBucket else { return _ = reply.answer(()) }
            return file.waitForSealed { reply.give($0) }
        }
        open?.noteSynchronize()
        save(file, by: open, until: place, reply)
    }

    public func synchronizeFolder(_ node: NodeID, _ handle: HandleID, _ reply: Reply<Void>) { reply.answer(()) }

    /// Where what is whole has to be for whoever waits.
    private enum SafePlace {
        /// In the journal, for whoever comes after a process that is killed.
        case noted
        /// Also when the machine loses its power.
        case onDisk
        case inBucket
    }

    private func save(_ file: WrittenFile, by open: OpenedFile?, until place: SafePlace, _ reply: Reply<Void>) {
        file.isAbandoned = false
        let tell: @Sendable (Result<Void, SystemError>) -> Void = { result in
            // Nor does the next close say that it is there before it is.
            if case .failure = result { open?.noteWrite() }
            reply.give(result)
        }
        guard place != .inBucket else { return file.save(tell) }
        do throws(SystemError) {
            try file.saveBehind()
            if place == .onDisk { try file.staged.synchronize() }
            tell(file.takeLateError().map { .failure($0) } ?? .success(()))
        } catch {
            tell(.failure(error))
        }
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
        guard open.noteRelease() == .whole || writing.settings.uploadsTorn else {
            noteReleased(handle, file, writing)
            file.isAbandoned = !isBeingWritten(open.node)
            if file.isAbandoned, file.isTorn { abandon(file, open.node, writing) }
            return
        }
        // Whoever else writes to it says when it is whole.
        guard !isBeingWritten(open.node) else { return noteReleased(handle, file, writing) }
        // No program can be told any more that it cannot be noted, but the status was; it is tried again.
        try? file.saveBehind()
        // Not before: whoever came after a crash would take it for torn.
        noteReleased(handle, file, writing)
    }

    private func isBeingWritten(_ node: NodeID) -> Bool {
        handles.withLock { $0.files(of: node).contains(where: \.mayWrite) }
    }

    private func noteTorn(_ handle: HandleID, _ file: WrittenFile, _ writing: MountWriting) {
        note(file, writing) { handles in
            for index in handles.indices where handles[index].handle == handle { handles[index].isTorn = true }
        }
    }

    private func noteReleased(_ handle: HandleID, _ file: WrittenFile, _ writing: MountWriting) {
        note(file, writing) { handles in handles.removeAll { $0.handle == handle } }
    }

    /// Whoever still reads it sees the object again, or, where there is none, what was written to its end.
    private func abandon(_ file: WrittenFile, _ node: NodeID, _ writing: MountWriting) {
        guard let key = file.key else { return }
        guard let object = objectBelow(file) else { return tree.takeName(of: node) }
        let left = attributesLeft(of: file, on: object, node, writing)
        let isKept = keep(node, file, key, .torn, by: left, openAs: object, writing) {
            for open in handles.withLock({ $0.files(of: node) }) {
                if let left {
                    open.become(left)
                } else {
                    open.become(reading.open(FileVersion(key: object.key, size: object.size, version: object.version)))
                }
            }
        }
        if !isKept, let left { remove(left, writing) }
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
                kind: file.kind, objectTime: file.state.withLock { $0.objectTime },
                changed: file.state.withLock { $0.changed }, writing)
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
            guard !keep(node, file, key, .torn, writing) else { return }
            if tree.written(node) === file, !isBeingWritten(node) { abandon(file, node, writing) }
        } else if file.hasConflict, file.givesWay {
            // What is in its place is what was renamed to it.
            leave(node, file, isDiscarded: true, writing) { true }
        } else if file.hasConflict {
            keep(node, file, key, .conflict, writing)
        } else if !file.isUnsaved, file.hasOtherAttributes {
            storeAttributesLater(node, file, writing)
        } else {
            leave(node, file, isDiscarded: false, writing) { file.isSettled }
        }
    }

    /// From its end on until nothing of it is on the disk nobody who waits overlooks it: a session may end then.
    private func leave(
        _ node: NodeID, _ file: WrittenFile, isDiscarded: Bool, _ writing: MountWriting, isOver: () -> Bool
    ) {
        writing.whileLeaving {
            if tree.settle(node, file, isDiscarded: isDiscarded, isOver: isOver) { remove(file, writing) }
        }
    }

    /// False when it is open.
    @discardableResult
    private func keep(
        _ node: NodeID, _ file: WrittenFile, _ key: ObjectKey, _ reason: KeptFile.Reason, _ writing: MountWriting
    ) -> Bool {
        let object = reason == .torn ? objectBelow(file) : nil
        let left = object.flatMap { attributesLeft(of: file, on: $0, node, writing) }
        return writing.whileLeaving {
            guard keep(node, file, key, reason, by: left, writing) else {
                if let left { remove(left, writing) }
                return false
            }
            if let left { finish(node, left, writing) }
            return true
        }
    }

    /// From its end on until it is told as kept nobody who waits for either overlooks it. `meanwhile` is done between.
    private func keep(
        _ node: NodeID, _ file: WrittenFile, _ key: ObjectKey, _ reason: KeptFile.Reason, by left: WrittenFile?,
        openAs object: StoredObject? = nil, _ writing: MountWriting, _ meanwhile: () -> Void = {}
    ) -> Bool {
        writing.whileLeaving {
            guard tree.settle(node, file, isDiscarded: true, openAs: object, by: left, isOver: { true }) else {
                return false
            }
            meanwhile()
            keep(file.staged, key, reason, writing, ahead: file.ahead)
            return true
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
