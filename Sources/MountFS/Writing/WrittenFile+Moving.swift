import Checksums
import ObjectStore
import Platform
import Staging
import Synchronization

/// What the store moves in one step, and how it is known again when nobody has heard that it has.
extension WrittenFile {
    /// Whether the store was asked to move it, and nobody knows what has become of that.
    var isMoveUnheard: Bool { state.withLock { $0.moving != nil && $0.isMoveUnheard } }

    /// Noted before the store is asked; what the file is named afterwards ends it.
    func noteMove(_ move: WrittenMove) throws(SystemError) {
        let (key, replacing) = state.withLock { ($0.key, $0.replacing) }
        guard let key else { return }
        try staged.name(WrittenName(key, replacing: replacing, moving: move).words)
        state.withLock { ($0.moving, $0.isMoveUnheard) = (move, false) }
    }

    /// Whoever asked the store for it has got no answer, or none that says that it was not done.
    func doubtMove(_ move: WrittenMove? = nil) {
        state.withLock { state in
            state.moving = move ?? state.moving
            state.isMoveUnheard = state.moving != nil
        }
    }

    /// Finds out whether it was moved; then it is true, and the file has its new name. Else it is as it was, and may be moved yet. Not
    /// while anything of it is on its way.
    func hearOfMove() async throws(Uploader.Failure) -> Bool {
        let (key, version, moving) = state.withLock { ($0.key, $0.replacing, $0.moving) }
        // What left the disk belongs to the old name, and is nowhere else.
        guard let key, let moving, staged.state.image.sent.isEmpty else { return false }
        let moved: ObjectInfo?
        switch moving.mark {
        case .object(let size, let checksum, let over):
            guard try await uploader.found(key)?.version != version, let found = try await uploader.found(moving.to),
                found.version != over, found.size == size, checksum.map(found.mayHave) ?? true
            else { return false }
            moved = found
        case .folder(let from, let to):
            guard try await !uploader.isAnything(below: from), try await uploader.isAnything(below: to) else {
                return false
            }
            moved = version == nil ? nil : try await uploader.found(moving.to)
        }
        if staged.state.upload != nil { try await uploader.forgetUpload(of: staged) }
        try uploader.onDisk { () throws(SystemError) in
            // An object that has gone since was removed by somebody else.
            if let moved {
                try move(to: moving.to, with: moved.version, nil)
            } else {
                try move(to: moving.to, replacing: version)
            }
        }
        onMove(self, moving.to)
        return true
    }

    /// Whatever was asked of the store before, by whomever.
    func hearOfAll() async {
        await hear()
        do throws(Uploader.Failure) {
            _ = try await hearOfMove()
        } catch {
            let name = key?.shown ?? "a deleted file"
            let error = error.error
            settings.report("\(name): whether it was renamed cannot be found out: \(error.told)", error)
        }
    }

    /// The next attempt may be made at once, to where the file is now; or why there shall be none yet.
    func heardOfMove(after failure: Uploader.Failure) async -> Uploader.Failure? {
        guard failure.foundAnother else { return failure }
        do throws(Uploader.Failure) {
            return try await hearOfMove() ? nil : failure
        } catch {
            return error
        }
    }
}

extension ObjectInfo {
    /// Where no such checksum is kept nothing speaks against it.
    fileprivate func mayHave(_ checksum: Checksum) -> Bool {
        checksums.first { $0.algorithm == checksum.algorithm }.map { $0 == checksum } ?? true
    }
}

extension Uploader {
    /// Nothing where nothing is.
    func found(_ key: ObjectKey) async throws(Failure) -> ObjectInfo? {
        do throws(StoreError) {
            return try await store.statIfAny(key)
        } catch {
            throw .store(error)
        }
    }

    fileprivate func isAnything(below prefix: ObjectKey) async throws(Failure) -> Bool {
        var request = ListRequest(prefix: prefix, limit: 1)
        while true {
            let page = try await inStore(prefix) { () async throws(StoreError) in try await store.list(request) }
            guard page.objects.isEmpty, page.prefixes.isEmpty, page.leftOut == 0 else { return true }
            // An empty page before others says nothing.
            guard let next = page.next else { return false }
            request.continuation = next
        }
    }
}
