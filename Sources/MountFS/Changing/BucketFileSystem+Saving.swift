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
            progress.failure = failure
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
                for (_, file) in tree.written() where file.key != nil {
                    file.sealIfWanted()
                    // Why it cannot come there is in the progress.
                    _ = await withCheckedContinuation { continuation in
                        file.waitForSealed { continuation.resume(returning: $0) }
                    }
                    await file.waitForEnd()
                }
            }
            // Those that fail are due again.
            for (_, file) in tree.written() { await file.storing.wait() }
            let due = writing.takeDue(all: true) {}
            await withTaskGroup(of: Void.self) { group in
                for (node, file) in due {
                    group.addTask { [self] in await storeAttributes(of: file, at: node, writing) }
                }
            }
            // In this order: what leaves may have an object that is to go with it.
            await writing.endLeaving()
            await writing.uploader.deletions.wait()
            then()
        }
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
