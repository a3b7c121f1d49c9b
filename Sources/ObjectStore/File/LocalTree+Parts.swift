import Checksums
import Glibc
import Platform

/// Uploads in parts. The parts are files in a folder of a reserved name directly below the root, named by their
/// numbers; the end copies them into one file, and then the folder goes. An upload that is neither completed nor
/// aborted stays, so that another process can go on with it.
extension LocalTree {
    func beginUpload(_ key: ObjectKey, _ options: UploadOptions) throws(StoreError) -> Upload {
        try refuse(options.metadata, checksum: options.checksum)
        _ = try LocalKey(key)
        let id = RandomID.make()
        try attempt("cannot begin \(key.shown)") { () throws(SystemError) in
            try root.file.makeFolder(LocalKey.temporaryName(id), mode: 0o700)
        }
        return Upload(key: key, id: id, options: options)
    }

    func uploadPart(
        _ number: Int, of upload: Upload, checksum: BodyChecksum?, _ cancellation: Cancellation,
        fill: (borrowing OwnedDescriptor) throws(StoreError) -> Int
    ) throws(StoreError) -> UploadedPart {
        try refuse(nil, checksum: checksum?.algorithm)
        guard number > 0 else { throw StoreError(.invalid, "parts are numbered from 1") }
        let folder = try openParts(of: upload)
        var size = 0
        let stored = try publish(
            LocalKey(ObjectKey(String(number))), in: folder, if: .always, mode: 0o600, cancellation
        ) { file throws(StoreError) in
            size = try fill(file)
        }
        return UploadedPart(number: number, size: size, tag: stored.version.text)
    }

    func copyPart(
        _ number: Int, of upload: Upload, from source: CopySource, _ range: Range<Int>, _ cancellation: Cancellation
    ) throws(StoreError) -> UploadedPart {
        let file = try openFile(source.key)
        let object = try info(of: source.key, file)
        guard source.version == nil || source.version == object.version else { throw .changed(source.key) }
        guard range.lowerBound >= 0, range.upperBound <= object.size else {
            throw StoreError(.invalid, "\(source.key.shown) has only \(object.size) bytes")
        }
        return try uploadPart(number, of: upload, checksum: nil, cancellation) { part throws(StoreError) in
            try copy(range, of: file, source.key, to: part, at: 0, cancellation)
            guard try info(of: source.key, file).version == object.version else {
                throw .changed(source.key)
            }
            return range.count
        }
    }

    func complete(
        _ upload: Upload, _ parts: [UploadedPart], if condition: WriteCondition, _ cancellation: Cancellation
    ) throws(StoreError) -> PutResult {
        let numbers = parts.map(\.number)
        guard !numbers.isEmpty, zip(numbers, numbers.dropFirst()).allSatisfy(<) else {
            throw StoreError(.invalid, "the parts of \(upload.key.shown) are none, or out of order")
        }
        let local = try LocalKey(upload.key)
        let partsFolder = try openParts(of: upload)
        let folder = try makeFolder(local.parent)
        let result = try publish(local, in: folder, if: condition, cancellation) { file throws(StoreError) in
            var offset = 0
            for part in parts {
                let source = try openPart(part, in: partsFolder, upload.key)
                try copy(0..<part.size, of: source, upload.key, to: file, at: offset, cancellation)
                offset += part.size
            }
        }
        // The object is there; parts that cannot be removed must not make it look as if it were not.
        try? abort(upload)
        return result
    }

    func abort(_ upload: Upload) throws(StoreError) {
        let name = try partsName(of: upload)
        do throws(SystemError) {
            let folder = try OwnedDescriptor.open(name, in: root.file, O_RDONLY | O_DIRECTORY)
            for name in try folder.names() { try folder.remove(name) }
            try root.file.remove(name, isFolder: true)
        } catch  where error.code == ENOENT {
            // Gone already, or going by another hand.
        } catch {
            throw StoreError(error, "cannot remove the parts of \(upload.key.shown)")
        }
    }

    /// Copies exactly this range.
    func copy(
        _ range: Range<Int>, of source: borrowing OwnedDescriptor, _ key: ObjectKey,
        to target: borrowing OwnedDescriptor, at offset: Int, _ cancellation: Cancellation
    ) throws(StoreError) {
        let count: Int
        do throws(SystemError) {
            count = try RangeCopy.copy(
                from: source, at: range.lowerBound, count: range.count, to: target, at: offset,
                isCancelled: { cancellation.isCancelled })
        } catch {
            throw StoreError(error, "cannot copy \(key.shown)")
        }
        guard count == range.count else { throw .changed(key) }
    }

    /// The id may come from a journal that somebody else wrote: it must name nothing but an upload.
    private func partsName(of upload: Upload) throws(StoreError) -> RawPath {
        guard RandomID.isOne(upload.id) else {
            throw StoreError(.invalid, "\(upload.id.printable) is no upload's name")
        }
        return LocalKey.temporaryName(upload.id)
    }

    private func openParts(of upload: Upload) throws(StoreError) -> OwnedDescriptor {
        let name = try partsName(of: upload)
        return try attempt("the upload of \(upload.key.shown) is not open") { () throws(SystemError) in
            try .open(name, in: root.file, O_RDONLY | O_DIRECTORY)
        }
    }

    private func openPart(
        _ part: UploadedPart, in folder: borrowing OwnedDescriptor, _ key: ObjectKey
    ) throws(StoreError) -> OwnedDescriptor {
        do throws(SystemError) {
            let file = try OwnedDescriptor.open(RawPath(String(part.number)), in: folder, O_RDONLY | O_NONBLOCK)
            let entry = try file.entry()
            if ObjectVersion(entry).text == part.tag, entry.size == part.size { return file }
        } catch  where error.code != ENOENT {
            throw StoreError(error, "cannot read a part of \(key.shown)")
        } catch {}
        throw StoreError(.invalid, "part \(part.number) of \(key.shown) is not the one that was stored")
    }
}
