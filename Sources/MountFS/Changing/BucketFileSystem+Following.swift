import ObjectStore
import Platform
import Synchronization

/// What the store has moved without anybody here having heard of it has its new name here, too.
extension BucketFileSystem {
    /// Has `body` run when nothing has been asked of the store that would come behind what it asks for, and while the folder is where
    /// it is.
    func whileStaying<Answer: Sendable>(
        _ folder: NodeID, _ writing: MountWriting, _ body: () async throws(SystemError) -> Answer
    ) async throws(SystemError) -> Answer {
        await writing.waitForQuiet()
        let moving = writing.uploader.moving
        while let prefix = tree.prefix(of: folder) {
            await moving.wait(for: prefix)
            let answer = try await moving.ifStaying(prefix) { () async throws(SystemError) -> Answer? in
                // It may have come there just now.
                tree.prefix(of: folder) == prefix ? try await body() : nil
            }
            if let answer = answer ?? nil { return answer }
        }
        // It is gone, as will be said.
        return try await body()
    }

    /// Before names in a folder are changed: what was asked of the store before has been done or not, and which of it that is known here.
    func hearOfMoves(of folder: NodeID, _ writing: MountWriting) async {
        await writing.waitForQuiet()
        if let prefix = tree.prefix(of: folder) { await writing.uploader.moving.wait(for: prefix) }
        await hearOfMoves(writing)
    }

    /// Of a file that the store was asked to move, and nobody heard that it has.
    func doubt(_ file: WrittenFile, of move: WrittenMove? = nil, _ writing: MountWriting) {
        file.doubtMove(move)
        writing.hasDoubts.store(true, ordering: .relaxed)
    }

    /// Before names are changed: they are to mean what they mean in the bucket. What cannot be found out now stays what it was.
    func hearOfMoves(_ writing: MountWriting) async {
        await writing.doubts.enter()
        defer { writing.doubts.leave() }
        guard writing.hasDoubts.exchange(false, ordering: .relaxed) else { return }
        for (node, file) in tree.written() where file.isMoveUnheard {
            guard let key = file.key else { continue }
            let heard = await tree.calls.call(key) { () async throws(StoreError) in
                try await file.whileStill { () async throws(StoreError) in
                    do throws(Uploader.Failure) {
                        _ = try await file.hearOfMove()
                    } catch {
                        throw error.error
                    }
                }
            }
            if case .failure(let error) = heard { tree.report(error) }
            finish(node, file, writing)
            if file.isMoveUnheard { writing.hasDoubts.store(true, ordering: .relaxed) }
        }
    }

    func follow(_ node: NodeID, to key: ObjectKey, _ writing: MountWriting) {
        do throws(SystemError) {
            try tree.follow(node, to: key)
        } catch {
            writing.settings.report("\(key.shown) is shown under the name that it had: \(error.description)", nil)
        }
    }
}
