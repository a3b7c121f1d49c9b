import Glibc
import ObjectStore
import Platform
import Staging
import Synchronization

/// Objects that were removed while somebody has them open. They go with the last close, or before, when something else comes to
/// their place.
extension BucketFileSystem {
    /// The file has no name any more, and was closed.
    func finishDeleted(_ node: NodeID, _ file: WrittenFile, _ writing: MountWriting) {
        let doomed = writing.whileLeaving { () -> MountWriting.Doomed? in
            guard tree.settle(node, file, isOver: { true }) else { return nil }
            let base = file.staged.state.base.flatMap(StoredObject.init(words:))
            let doomed = base.flatMap { writing.takeDoomed($0.key) }
            if doomed == nil { remove(file, writing) }
            return doomed
        }
        guard let doomed else { return }
        let object = doomed.object
        tree.calls.begin { [self] in
            defer { writing.uploader.deletions.end(object.key) }
            do throws(SystemError) {
                try await delete(doomed)
                remove(file, writing)
            } catch {
                // It stands in the journal still.
                writing.settings.report("\(object.key.shown): cannot be deleted: \(error.description)", nil)
            }
        }
    }

    private func delete(_ doomed: MountWriting.Doomed) async throws(SystemError) {
        try await delete(doomed.object.key, doomed.object.version)
        if let place = doomed.place { tree.noteKnown(place.name, in: place.folder) }
    }

    /// Has nothing under the key that is to go, for something new to come there.
    func clear(_ key: ObjectKey, _ writing: MountWriting) async throws(SystemError) {
        guard let doomed = writing.takeDoomed(key) else { return await writing.uploader.deletions.wait(for: key) }
        var isOpen = false
        // Whoever closes it as the last one has it go, should it be there still.
        defer { if isOpen { close(doomed.node, writing) } }
        do throws(SystemError) {
            // So that it is not closed meanwhile.
            isOpen = try tree.openWritten(doomed.node, or: nil) != nil
            try await fetchRest(of: doomed.file)
            try await delete(doomed)
            try doomed.file.spareObject()
            writing.uploader.deletions.end(key)
        } catch {
            writing.doomAgain(doomed)
            throw error
        }
    }

    /// Nor anywhere in a folder, which is about to go itself.
    func clear(below prefix: ObjectKey, _ writing: MountWriting) async throws(SystemError) {
        for key in writing.going(below: prefix) { try await clear(key, writing) }
    }

    /// What is no larger can be read to its end by whoever has it open, although its object goes.
    private static let mostFetched = 64 << 20

    func fetchRest(of file: WrittenFile) async throws(SystemError) {
        guard file.staged.state.image.ofBase <= Self.mostFetched else { return }
        try await fetchAll(of: file)
    }

    func fetchAll(of file: WrittenFile) async throws(SystemError) {
        do throws(StoreError) {
            try await fetchRest(of: file.staged) { bytes, offset throws(SystemError) in
                try file.fill(bytes, at: offset)
            }
        } catch {
            tree.report(error)
            throw SystemError(error)
        }
    }
}
