import Checksums
import Glibc
import JSON
import ObjectStore
import Platform
import Staging

/// Brings sealed versions of staged files into the bucket: in one piece or in parts, of which those that are there already
/// are not sent again and those that are unchanged are copied by the store.
///
/// A file may be written to, and sealed again, all the while. What comes into the bucket is one sealed version, whole.
final class Uploader: Sendable {
    /// Where a file goes.
    struct Target: Sendable {
        var key: ObjectKey
        var metadata: ObjectMetadata
        /// The version that this one takes the place of; nothing: there is to be none.
        var replacing: ObjectVersion?
    }

    /// A version that is in the bucket.
    struct Saved: Sendable {
        let number: Int
        let object: StoredObject
    }

    enum Failure: Error, Sendable {
        /// Somebody else has written to the key, or it has gone. What is there now is not touched.
        case conflict(StoreError)
        case store(StoreError)
        /// The staged file cannot be read, or its log not written.
        case disk(SystemError)
    }

    let store: any ObjectStore
    private let memory: MemoryBudget
    private let gate: Gate
    private let checksum: Checksum.Algorithm?
    let layout: PartLayout

    /// So many requests are made at once for all files.
    static let requests = 16

    init(
        _ store: any ObjectStore, _ memory: MemoryBudget, partSize: Int = PartLayout.usualSize,
        requests: Int = requests
    ) {
        self.store = store
        self.memory = memory
        gate = Gate(requests)
        let can = store.capabilities
        layout = PartLayout(can, smallest: partSize)
        // These can be told for parts and combined for the whole.
        checksum = [.crc64nvme, .crc32c].first { can.checksums.contains($0) }
    }

    /// Uploads the version that is sealed now, or one that takes its place meanwhile; nothing when none is. The file knows it
    /// then. An object in parts has the metadata with which it was begun.
    @discardableResult
    func upload(_ file: StagedFile, to target: Target) async throws(Failure) -> Saved? {
        while let sealed = file.state.sealed {
            let version: ObjectVersion?
            switch UploadPlan(sealed.image, store.capabilities, layout) {
            case .whole:
                // It was larger when parts of it were sent.
                if file.state.upload != nil { try await forgetUpload(of: file) }
                version = try await put(sealed, of: file, to: target)
            case .parts(let parts): version = try await send(parts, sealed, of: file, to: target)
            }
            // Without one, another was sealed meanwhile.
            guard let version else { continue }
            let object = StoredObject(target.key, version, size: sealed.image.size)
            try onDisk { () throws(SystemError) in try file.settle(sealed.number, as: object.words) }
            return Saved(number: sealed.number, object: object)
        }
        return nil
    }

    /// Sends a part of a file that is still being written, if it has been written whole. It is lost work when the part changes
    /// again, and else the end of the file need not wait for it.
    func sendAhead(_ number: Int, of file: StagedFile, to target: Target) async throws(Failure) {
        let range = layout.range(of: number)
        guard file.state.sealed == nil, file.state.image.here.contains(range) else { return }
        let upload = try await begunUpload(of: file, to: target)
        guard file.state.upload?.parts[number]?.range != range else { return }
        let part = PlannedPart(number: number, range: range, isCopied: false)
        try await gate.pass { () async throws(Failure) in try await send(part, to: upload, of: file) }
    }

    // MARK: In one piece

    private func put(
        _ sealed: SealedVersion, of file: StagedFile, to target: Target
    ) async throws(Failure) -> ObjectVersion? {
        try await gate.pass { () async throws(Failure) in
            let size = sealed.image.size
            await memory.take(size)
            defer { memory.giveBack(size) }
            guard let bytes = try await bytes(0..<size, of: file, sealed.number) else { return nil }
            return try await inStore(target.key) { () async throws(StoreError) in
                let body = ByteSource.bytes(bytes)
                let keepsConditions = store.capabilities.conditionalPut
                let options = PutOptions(
                    if: keepsConditions ? target.condition : .always, metadata: target.metadata,
                    checksum: try await checksum(checksum, of: body, target.key))
                do throws(StoreError) {
                    if !keepsConditions { try await checkByHand(target) }
                    return try await store.put(target.key, body, options).version
                } catch  where error.code == .conditionFailed {
                    guard let version = try await version(of: target.key, ifItHolds: bytes) else { throw error }
                    return version
                }
            }
        }
    }

    /// The process that began this may have been killed between the answer of the store and its note of it.
    private func version(of key: ObjectKey, ifItHolds bytes: [UInt8]) async throws(StoreError) -> ObjectVersion? {
        do throws(StoreError) {
            let found = try await store.stat(key)
            guard found.size == bytes.count else { return nil }
            let read = try await store.read(key, .whole, of: found.version, into: .bytes(limit: bytes.count))
            return read.bytes == bytes ? found.version : nil
        } catch  where [.notFound, .changed].contains(error.code) {
            return nil
        }
    }

    // MARK: In parts

    private func send(
        _ parts: [PlannedPart], _ sealed: SealedVersion, of file: StagedFile, to target: Target
    ) async throws(Failure) -> ObjectVersion? {
        let upload = try await begunUpload(of: file, to: target)
        do throws(Failure) {
            try await send(parts, to: upload, of: file, sealed.number)
            guard let done = done(parts, of: file, sealed.number) else { return nil }
            return try await inStore(target.key) { () async throws(StoreError) in
                try await complete(upload, done, to: target)
            }
        } catch {
            switch error {
            case .conflict:
                // The parts are of no use for what will be done about it. Should that fail, the file still knows of them.
                try? await forgetUpload(of: file)
            case .store(let reason) where reason.code == .notFound:
                // Somebody has cleared up; the next attempt begins anew.
                try onDisk { () throws(SystemError) in try file.endUpload() }
            case .store, .disk: break
            }
            throw error
        }
    }

    private func complete(
        _ upload: Upload, _ parts: [UploadedPart], to target: Target
    ) async throws(StoreError) -> ObjectVersion {
        let keepsConditions = store.capabilities.conditionalComplete
        do throws(StoreError) {
            if !keepsConditions { try await checkByHand(target) }
            return try await store.complete(upload, parts, if: keepsConditions ? target.condition : .always).version
        } catch  where [.notFound, .conditionFailed].contains(error.code) {
            // As with one piece: somebody was killed before the note.
            guard let expected = store.version(of: parts), (try? await store.stat(target.key).version) == expected
            else { throw error }
            return expected
        }
    }

    /// What has been begun already is gone on with, also with other metadata: bytes weigh more.
    private func begunUpload(of file: StagedFile, to target: Target) async throws(Failure) -> Upload {
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
            try onDisk { () throws(SystemError) in try file.beginUpload(upload.words) }
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
        _ parts: [PlannedPart], to upload: Upload, of file: StagedFile, _ version: Int
    ) async throws(Failure) {
        let failure = await withTaskGroup(of: Failure?.self) { group in
            for part in parts where !isDone(part, of: file, version) {
                await gate.enter()
                group.addTask { [self] in
                    defer { gate.leave() }
                    // Another version has taken this one's place.
                    guard file.state.sealed?.number == version else { return nil }
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

    private func send(_ part: PlannedPart, to upload: Upload, of file: StagedFile) async throws(Failure) {
        let sending = try onDisk { () throws(SystemError) in try file.beginSending(part.range, asPart: part.number) }
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
        await memory.take(part.range.count)
        defer { memory.giveBack(part.range.count) }
        guard let bytes = try await fill(sending, of: file) else { return nil }
        return try await send(.bytes(bytes), part, to: upload)
    }

    private func send(_ body: ByteSource, _ part: PlannedPart, to upload: Upload) async throws(Failure) -> UploadedPart
    {
        try await inStore(upload.key) { () async throws(StoreError) in
            let checksum = try await checksum(upload.options.checksum, of: body, upload.key)
            return try await store.uploadPart(part.number, of: upload, body, checksum: checksum)
        }
    }

    // MARK: Bytes

    /// Of a sealed version; nothing when another has taken its place.
    private func bytes(_ range: Range<Int>, of file: StagedFile, _ version: Int) async throws(Failure) -> [UInt8]? {
        while file.state.sealed?.number == version {
            let sending = try onDisk { () throws(SystemError) in try file.beginSending(range) }
            defer { _ = try? file.endSending(sending, as: nil) }
            guard sending.version == version else { return nil }
            if let bytes = try await fill(sending, of: file) { return bytes }
        }
        return nil
    }

    private func fill(_ sending: StagedFile.SentRange, of file: StagedFile) async throws(Failure) -> [UInt8]? {
        guard var bytes = try filled(sending, of: file) else { return nil }
        guard !sending.ofBase.isEmpty else { return bytes }
        guard let base = file.state.base.flatMap(StoredObject.init(words:)) else { throw .disk(.ioError) }
        for range in sending.ofBase {
            let got = try await inStore(base.key) { () async throws(StoreError) in
                try await store.read(
                    base.key, ReadRange(from: range.lowerBound, count: range.count), of: base.version,
                    into: .bytes(limit: range.count)
                ).bytes
            }
            let start = range.lowerBound - sending.range.lowerBound
            bytes.replaceSubrange(start..<start + range.count, with: got)
        }
        return bytes
    }

    private func filled(_ sending: StagedFile.SentRange, of file: StagedFile) throws(Failure) -> [UInt8]? {
        var bytes = [UInt8](repeating: 0, count: sending.range.count)
        let isFilled = bytes.withUnsafeMutableBytes { memory -> Result<Bool, SystemError> in
            do throws(SystemError) {
                return .success(try file.fill(memory, with: sending))
            } catch {
                return .failure(error)
            }
        }
        return try onDisk { () throws(SystemError) in try isFilled.get() } ? bytes : nil
    }

    private func checksum(
        _ algorithm: Checksum.Algorithm?, of body: ByteSource, _ key: ObjectKey
    ) async throws(StoreError) -> Checksum? {
        guard let algorithm else { return nil }
        return try await FileChecksum.checksum(algorithm, of: body, "cannot write \(key.shown)")
    }

    // MARK: Others who write

    /// Where the store cannot look and write in one step, we look just before.
    private func checkByHand(_ target: Target) async throws(StoreError) {
        let found: ObjectVersion?
        do throws(StoreError) {
            found = try await store.stat(target.key).version
        } catch  where error.code == .notFound {
            found = nil
        }
        guard found == target.replacing else {
            throw StoreError(.conditionFailed, "\(target.key.shown) is not what it was when the file was opened")
        }
    }

    // MARK: Failures

    private func inStore<Answer>(
        _ key: ObjectKey, _ body: () async throws(StoreError) -> Answer
    ) async throws(Failure) -> Answer {
        do throws(StoreError) {
            return try await body()
        } catch {
            switch error.code {
            case .conditionFailed, .changed: throw .conflict(error)
            default: throw .store(error)
            }
        }
    }

    private func onDisk<Answer>(_ body: () throws(SystemError) -> Answer) throws(Failure) -> Answer {
        do throws(SystemError) {
            return try body()
        } catch {
            throw .disk(error)
        }
    }
}

extension Uploader.Target {
    var condition: WriteCondition { replacing.map(WriteCondition.ifVersion) ?? .ifAbsent }
}
