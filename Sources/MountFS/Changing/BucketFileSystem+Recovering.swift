import ObjectStore
import Platform
import Staging
import Synchronization

/// What a process before this one has left in the staging folder.
extension BucketFileSystem {
    /// Whole versions go on to the bucket. What was torn is put aside, unless the programs that write it are still there: after
    /// the crash of a session.
    func recover(_ writing: MountWriting, isFirst: Bool) throws(SystemError) {
        let left = try writing.staging.left()
        for file in left.damaged { writing.noteDamaged(file) }
        for file in left.files {
            let state = file.state
            let holders = isFirst ? [] : WrittenHandle.all(in: state.holders)
            let name = state.name.flatMap(WrittenName.init(words:))
            guard let description = WrittenDescription(words: state.description),
                name?.key.hasPrefix(tree.settings.root) ?? true, name != nil || !holders.isEmpty
            else {
                recoverDeleted(file, writing)
                continue
            }
            if let name, holders.isEmpty, state.isTorn, state.sealed == nil {
                guard writing.settings.uploadsTorn else {
                    keep(file, name.key, .torn, writing)
                    continue
                }
                try file.seal()
            }
            try recover(file, name, description, holders, writing)
        }
    }

    private func recover(
        _ staged: StagedFile, _ name: WrittenName?, _ description: WrittenDescription, _ holders: [WrittenHandle],
        _ writing: MountWriting
    ) throws(SystemError) {
        let base = staged.state.base.flatMap(StoredObject.init(words:))
        let replacing = base?.key == name?.key ? base?.version : name?.replacing
        let recovered = try tree.addRecovered(name?.key, holders.first?.node) { node in
            written(staged, node, name?.key, replacing: replacing, description, writing)
        }
        guard let (node, file) = recovered else { return recoverDeleted(staged, writing) }
        // Nobody goes on with what came behind the version that is whole.
        file.isAbandoned = holders.isEmpty
        for holder in holders {
            var writer = WriterHandle(opener: holder.opener, appends: holder.appends)
            if staged.state.isTorn { writer.wrote() }
            _ = try tree.openWritten(node, or: nil)
            _ = handles.withLock { $0.add(OpenedFile(node, file, writer), under: holder.handle) }
        }
        try file.change { $0 = holders }
        file.saveIfNeeded()
        if !file.isUnsaved { finish(node, file, writing) }
    }

    /// Somebody has deleted it; what is in the bucket may wait for its end.
    private func recoverDeleted(_ file: StagedFile, _ writing: MountWriting) {
        let object = file.state.base.flatMap(StoredObject.init(words:))
        let deletions = writing.uploader.deletions
        if let object { deletions.begin(object.key) }
        tree.calls.begin { [self] in
            defer { if let object { deletions.end(object.key) } }
            do throws(SystemError) {
                if let object { try await delete(object.key, object.version) }
                try file.remove()
            } catch {
                writing.settings.report("what was left of a deleted file cannot be removed: \(error.description)", nil)
            }
        }
    }

    func path(of key: ObjectKey) -> RawPath { RawPath(key.bytes.dropFirst(tree.settings.root.bytes.count)) }
}
