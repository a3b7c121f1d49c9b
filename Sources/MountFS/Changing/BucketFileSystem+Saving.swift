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
            if staged.isTorn { progress.openFiles += 1 }
            guard let image = staged.sealed?.image ?? (file.isSealWanted ? staged.image : nil), file.key != nil
            else { continue }
            progress.pendingFiles += 1
            progress.pendingBytes += image.size
            guard let failure = file.failure else { continue }
            progress.failedFiles += 1
            switch failure {
            case .conflict(let error), .store(let error): progress.failure = error
            case .disk(let error): progress.failure = StoreError(error, "a staged file cannot be read")
            }
        }
        return progress
    }

    public func drain(_ then: @escaping @Sendable () -> Void) {
        guard let writing else { return then() }
        tree.calls.begin { [self] in
            for (_, file) in tree.written() { file.sealIfWanted() }
            for (_, file) in tree.written() where file.staged.state.sealed != nil && file.key != nil {
                // Why it cannot come there is in the progress.
                _ = await withCheckedContinuation { continuation in
                    file.waitForSealed { continuation.resume(returning: $0) }
                }
            }
            let due = writing.takeDue(all: true) {}
            await withTaskGroup(of: Void.self) { group in
                for (node, file) in due {
                    group.addTask { [self] in await storeAttributes(of: file, at: node, writing) }
                }
            }
            await writing.uploader.deletions.wait()
            await writing.endKeeping()
            then()
        }
    }
}
