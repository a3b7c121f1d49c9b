import ObjectStore
import Platform
import Staging
import Synchronization

/// How far everything has come, and its end.
extension BucketFileSystem {
    public func uploadProgress() -> UploadProgress? {
        guard let writing else { return nil }
        var progress = writing.progress
        for (_, file) in tree.written() {
            let staged = file.staged.state
            if staged.isTorn, !file.isSealWanted { progress.openFiles += 1 }
            guard file.key != nil, let pending = file.pending(staged) else { continue }
            progress.pendingFiles += 1
            progress.pendingBytes += pending.bytes
            guard let failure = pending.failure else { continue }
            progress.failedFiles += 1
            // One of those that may pass, if there is any: then it pays to wait.
            if progress.failure?.isRetryable != true { progress.failure = failure }
        }
        return progress
    }

    public func takeUploaded() -> [UploadedFile] { writing?.takeUploaded() ?? [] }

    /// Where people find it. A single object that is the mount has no path in it, but a name.
    func shownPath(of key: ObjectKey) -> RawPath {
        tree.settings.isSingleObject ? RawPath(key.bytes).components.last ?? "" : path(of: key)
    }

    public func drain(_ then: @escaping @Sendable () -> Void) {
        guard let writing else { return then() }
        tree.calls.begin { [self] in
            await writing.uploader.newestFirst {
                for (_, file) in tree.written() where file.key != nil { await bringIn(file) }
                // What had no room to be noted has it now, perhaps.
                for (_, file) in tree.written() where file.isSealWanted { await bringIn(file) }
            }
            // What leaves may leave attributes behind that are to be stored, and an object that is to go.
            await writing.endLeaving()
            await storeAllAttributes(writing)
            await writing.endLeaving()
            await writing.uploader.deletions.wait()
            then()
        }
    }

    /// Why it cannot come into the bucket is in the progress.
    private func bringIn(_ file: WrittenFile) async {
        file.sealIfWanted()
        _ = await withCheckedContinuation { continuation in
            file.waitForSealed { continuation.resume(returning: $0) }
        }
        await file.waitForEnd()
    }

    /// Those that are due, at once, and then those that others are storing: in this order none is taken by others meanwhile.
    private func storeAllAttributes(_ writing: MountWriting) async {
        let due = writing.takeDue(all: true) {}
        await withTaskGroup(of: Void.self) { group in
            for (node, file) in due {
                group.addTask { [self] in await storeAttributes(of: file, at: node, writing) }
            }
        }
        for (_, file) in tree.written() { await file.storing.wait() }
    }
}

extension WrittenFile {
    /// What is to come into the bucket by itself: how many bytes, and why the last attempt has failed.
    fileprivate func pending(_ staged: StagedState) -> (bytes: Int, failure: StoreError?)? {
        if let sealed = staged.sealed { return (sealed.image.size, failure?.error) }
        if staged.isTorn { return isSealWanted ? (staged.image.size, failure?.error) : nil }
        let (isPending, failure) = unstored
        return isPending ? (0, failure) : nil
    }
}
