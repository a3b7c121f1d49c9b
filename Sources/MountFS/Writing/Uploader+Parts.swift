import JSON
import ObjectStore
import Platform
import Staging
import Synchronization

/// Objects that are sent in parts.
extension Uploader {
    func send(
        _ parts: [PlannedPart], to upload: Upload, _ sealed: SealedVersion, of file: StagedFile, to target: Target
    ) async throws(Failure) -> ObjectVersion? {
        do throws(Failure) {
            try await send(parts, to: upload, of: file, sealed.number, target)
            guard target.isWanted(), let done = done(parts, of: file, sealed.number) else { return nil }
            try note(store.mark(of: done), sealed.number, of: file, to: target)
            return try await complete(upload, done, sealed, of: file, to: target)
        } catch {
            switch error {
            case .conflict:
                // The parts are of no use for what will be done about it. Should that fail, the file still knows of them.
                try? await forgetUpload(of: file)
            case .store(var reason) where reason.code == .notFound:
                // Somebody has cleared up; the next attempt begins anew, and nobody need hear of it.
                try onDisk { () throws(SystemError) in try file.endUpload() }
                reason.isRetryable = file.mayBeginAnew(sealed.number)
                throw .store(reason)
            case .store, .disk: break
            }
            throw error
        }
    }

    private func complete(
        _ upload: Upload, _ parts: [UploadedPart], _ sealed: SealedVersion, of file: StagedFile, to target: Target
    ) async throws(Failure) -> ObjectVersion {
        let keepsConditions = store.capabilities.conditionalComplete
        do throws(Failure) {
            return try await inStore(target.key) { () async throws(StoreError) in
                if !keepsConditions { try await checkByHand(target) }
                return try await store.complete(upload, parts, if: keepsConditions ? target.condition : .always).version
            }
        } catch {
            guard case .store(var reason) = error, reason.code == .invalid else { throw error }
            // Of a part another one has come that was sent before, by a session that was killed, say.
            try await forgetUpload(of: file)
            reason.isRetryable = file.mayBeginAnew(sealed.number)
            throw .store(reason)
        }
    }

    /// What has been begun already is gone on with, also with other metadata: bytes weigh more.
    func begunUpload(of file: StagedFile, to target: Target) async throws(Failure) -> Upload {
        try await file.beginning.pass { () async throws(Failure) in
            if let words = file.state.upload?.description {
                let upload = Upload(words: words)
                if let upload, upload.key == target.key { return upload }
                try await forgetUpload(of: file)
            }
            let options = UploadOptions(metadata: target.metadata, checksum: checksum)
            let upload = try await inStore(target.key) { () async throws(StoreError) in
                try await store.beginUpload(target.key, options)
            }
            try onDisk { () throws(SystemError) in try file.beginUpload(layout.added(to: upload.words)) }
            return upload
        }
    }

    /// What the store has of an object in parts goes, since it costs money.
    func forgetUpload(of file: StagedFile) async throws(Failure) {
        if let upload = file.state.upload.flatMap({ Upload(words: $0.description) }) {
            try await inStore(upload.key) { () async throws(StoreError) in try await store.abort(upload) }
        }
        try onDisk { () throws(SystemError) in try file.endUpload() }
    }

    private func send(
        _ parts: [PlannedPart], to upload: Upload, of file: StagedFile, _ version: Int, _ target: Target
    ) async throws(Failure) {
        let rank = rank(of: file)
        let failure = await withTaskGroup(of: Failure?.self) { group in
            for part in parts where !isDone(part, of: file, version) {
                await gate.enter(rank: rank)
                group.addTask { [self] in
                    defer { gate.leave() }
                    // Another version has taken this one's place.
                    guard target.isWanted(), file.state.sealed?.number == version else { return nil }
                    do throws(Failure) {
                        try await send(part, to: upload, of: file)
                        return nil
                    } catch {
                        return error
                    }
                }
            }
            var first: Failure?
            for await failure in group where first == nil && failure != nil {
                first = failure
                group.cancelAll()
            }
            return first
        }
        if let failure { throw failure }
    }

    private func isDone(_ part: PlannedPart, of file: StagedFile, _ version: Int) -> Bool {
        guard let sealed = file.state.sealed, sealed.number == version else { return true }
        return sealed.parts[part.number]?.range == part.range
    }

    /// Nothing when the version is not the sealed one any more, or a part of it was not as it should be.
    private func done(_ parts: [PlannedPart], of file: StagedFile, _ version: Int) -> [UploadedPart]? {
        guard let sealed = file.state.sealed, sealed.number == version else { return nil }
        var done: [UploadedPart] = []
        for part in parts {
            guard let staged = sealed.parts[part.number], staged.range == part.range,
                let uploaded = UploadedPart(part.number, words: staged.description)
            else { return nil }
            done.append(uploaded)
        }
        return done
    }

    func send(_ part: PlannedPart, to upload: Upload, of file: StagedFile) async throws(Failure) {
        let isLarge = part.range.count > SentCopy.mostInMemory
        let sending = try onDisk { () throws(SystemError) in
            try file.beginSending(part.range, asPart: part.number, copying: isLarge)
        }
        do throws(Failure) {
            let uploaded = try await send(sending, part, to: upload, of: file)
            let staged = uploaded.map { StagedPart(number: part.number, range: part.range, $0.words) }
            try onDisk { () throws(SystemError) in _ = try file.endSending(sending, as: staged) }
        } catch {
            // A store refuses bytes that were changed while they were sent.
            let wasRight = file.isRight(sending)
            _ = try? file.endSending(sending, as: nil)
            if wasRight { throw error }
        }
    }

    private func send(
        _ sending: StagedFile.SentRange, _ part: PlannedPart, to upload: Upload, of file: StagedFile
    ) async throws(Failure) -> UploadedPart? {
        if part.isCopied {
            // Its base has become another object, which another version says.
            guard let base = file.state.base.flatMap(StoredObject.init(words:)) else { return nil }
            return try await inStore(upload.key) { () async throws(StoreError) in
                try await store.copyPart(
                    part.number, of: upload, from: CopySource(base.key, base.version), part.range)
            }
        }
        guard !sending.isInFile else {
            return try await send(.file(file.data, part.range), part, to: upload)
        }
        guard part.range.count <= SentCopy.mostInMemory else {
            guard let copy = try await copy(sending, of: file) else { return nil }
            defer { withExtendedLifetime(copy) {} }
            return try await send(copy.source, part, to: upload)
        }
        await memory.take(part.range.count)
        defer { memory.giveBack(part.range.count) }
        guard let bytes = try await fill(sending, of: file) else { return nil }
        return try await send(.bytes(bytes), part, to: upload)
    }

    private func send(_ body: ByteSource, _ part: PlannedPart, to upload: Upload) async throws(Failure) -> UploadedPart
    {
        try await inStore(upload.key) { () async throws(StoreError) in
            try await store.uploadPart(
                part.number, of: upload, body, checksum: upload.options.checksum.map { .computed($0) })
        }
    }
}
