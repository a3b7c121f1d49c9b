import ObjectStore
import Platform
import Staging
import Synchronization

/// What was written and is not to come into the bucket is kept as the program saw it.
extension BucketFileSystem {
    /// `ahead`: parts of it that are on their way.
    func keep(
        _ file: StagedFile, _ key: ObjectKey, _ reason: KeptFile.Reason, _ writing: MountWriting,
        ahead: UnderWay = UnderWay()
    ) {
        // Before it is looked at: the first of them begins an upload.
        let isSent = ahead.isAny
        let state = file.state
        if !state.image.sent.isEmpty {
            writing.settings.report(
                "\(key.shown): what had left the disk for want of room is missing in what is kept of it", nil)
        }
        // Then nobody has to be asked, and a run that finds it can tell of it.
        if !isSent, state.image.ofBase == 0, state.upload == nil { return putAside(file, key, reason, writing) }
        writing.beginKeeping { [self] in
            await ahead.wait()
            do throws(StoreError) {
                try await fetchRest(of: file, writing)
            } catch {
                writing.settings.report("\(key.shown): what is kept of it has holes: \(error.told)", error)
            }
            await forgetUpload(of: file, key, writing)
            putAside(file, key, reason, writing)
        }
    }

    /// Behind a version that is whole somebody has written on, and died. That is not to be written over before it was put aside,
    /// which it is when the other has come into the bucket.
    func waitForAbandoned(_ node: NodeID, _ writing: MountWriting) async throws(SystemError) {
        guard let file = tree.written(node), file.isAbandoned, file.staged.state.isTorn else { return }
        let result = await withCheckedContinuation { continuation in
            file.waitForSealed { continuation.resume(returning: $0) }
        }
        try result.get()
        await file.waitForEnd()
        finish(node, file, writing)
    }

    private func putAside(
        _ file: StagedFile, _ key: ObjectKey, _ reason: KeptFile.Reason, _ writing: MountWriting
    ) {
        do throws(SystemError) {
            try writing.keep(file, path(of: key), reason)
        } catch {
            let place = writing.keepInPlace(file, path(of: key), reason)
            let error = StoreError(error, "\(key.shown): cannot be kept aside, and stays in \(place.text.printable)")
            writing.settings.report(error.message, error)
        }
    }

    /// What the store has of it already costs money.
    private func forgetUpload(of file: StagedFile, _ key: ObjectKey, _ writing: MountWriting) async {
        guard file.state.upload != nil else { return }
        do throws(Uploader.Failure) {
            try await writing.uploader.forgetUpload(of: file)
        } catch {
            let reason = error.error
            writing.settings.report(
                "\(key.shown): the store may still have parts of what was not finished: \(reason.told)", reason)
        }
    }

    /// What it has of its object, as far as there is room for it.
    private func fetchRest(of file: StagedFile, _ writing: MountWriting) async throws(StoreError) {
        let count = file.state.image.ofBase
        guard writing.room.take(count) else {
            throw StoreError(.noSpace, "there is no room for the \(count) bytes that are those of the object")
        }
        defer { writing.room.give(count) }
        try await fetchRest(of: file) { bytes, offset throws(SystemError) in
            try file.data.file.write(bytes, at: offset)
        }
    }

    private static let chunk = 8 << 20

    /// Piece after piece.
    func fetchRest(
        of file: StagedFile, _ give: ([UInt8], Int) throws(SystemError) -> Void
    ) async throws(StoreError) {
        let image = file.state.image
        let missing = image.pieces(in: 0..<image.size).filter { $0.origin == .base }.map(\.range)
        guard !missing.isEmpty, let object = file.state.base.flatMap(StoredObject.init(words:)) else { return }
        for range in missing {
            for start in stride(from: range.lowerBound, to: range.upperBound, by: Self.chunk) {
                let part = start..<min(range.upperBound, start + Self.chunk)
                let result = await tree.calls.call(object.key) { [store = tree.store] () async throws(StoreError) in
                    try await store.read(
                        object.key, ReadRange(from: part.lowerBound, count: part.count), of: object.version,
                        into: .bytes(limit: part.count)
                    ).bytes
                }
                let bytes = try result.get()
                do throws(SystemError) {
                    try give(bytes, part.lowerBound)
                } catch {
                    throw StoreError(error, "the rest of \(object.key.shown) cannot be written")
                }
            }
        }
    }
}
