import Checksums
import Glibc
import ObjectStore
import Platform
import Synchronization

/// A bucket that is written to: conditions, objects in parts, copies by the store, renaming where it can.
extension MemoryBucket {
    /// An object that comes in parts.
    struct Parts: Sendable {
        var key: ObjectKey
        var metadata: ObjectMetadata
        var parts: [Int: [UInt8]] = [:]
    }

    /// One like S3.
    static func writable(pageSize: Int = 1000, _ change: (inout StoreCapabilities) -> Void = { _ in }) -> MemoryBucket {
        MemoryBucket(pageSize: pageSize, keepsMetadata: true) { can in
            can.conditionalPut = true
            can.conditionalCopy = true
            can.conditionalComplete = true
            can.conditionalDelete = true
            can.serverCopy = true
            can.partCopy = .ranges
            change(&can)
        }
    }

    /// What changes the bucket, of what it was asked since this was read last.
    func takeChanges() -> [Call] {
        takeCalls().filter { call in
            switch call {
            case .list, .stat, .read: false
            default: true
            }
        }
    }

    /// The same bytes have the same version from now on, as ETags of S3 have.
    func nameVersionsByContent() { state.withLock { $0.isVersionOfContent = true } }

    /// Uploads that nobody has finished.
    var uploads: [ObjectKey] { state.withLock { $0.uploads.values.map(\.key) }.sorted() }

    func bytes(_ key: ObjectKey) -> [UInt8]? { objects[key]?.bytes }
    func text(_ key: ObjectKey) -> String? { bytes(key).map { String(decoding: $0, as: UTF8.self) } }
    var keys: [String] { objects.keys.sorted().map(\.shown) }

    // MARK: ObjectStore

    func put(_ key: ObjectKey, _ body: ByteSource, _ options: PutOptions) async throws(StoreError) -> PutResult {
        try await begin(.put(key))
        let bytes = try content(body)
        guard bytes.count <= capabilities.maximumPut else { throw StoreError(.tooLarge, "too large for one put") }
        try verify(options.checksum, bytes)
        return try finish(.put(key)) { state throws(StoreError) in
            try check(options.condition, key, state, capabilities.conditionalPut)
            return state.set(key, bytes, kept(options.metadata), Self.now)
        }
    }

    func beginUpload(_ key: ObjectKey, _ options: UploadOptions) async throws(StoreError) -> Upload {
        try await begin(.begin(key))
        let id = state.withLock { state in
            state.versions += 1
            let id = "u\(state.versions)"
            state.uploads[id] = Parts(key: key, metadata: kept(options.metadata))
            return id
        }
        try lose(.begin(key))
        return Upload(key: key, id: id, options: options)
    }

    func uploadPart(
        _ number: Int, of upload: Upload, _ body: ByteSource, checksum: BodyChecksum?
    ) async throws(StoreError) -> UploadedPart {
        try await begin(.part(upload.key, number))
        let bytes = try content(body)
        let checksum = try verify(checksum, bytes)
        let part = try set(number, bytes, of: upload)
        try lose(.part(upload.key, number))
        return UploadedPart(number: number, size: bytes.count, tag: part, checksum: checksum)
    }

    func copyPart(
        _ number: Int, of upload: Upload, from source: CopySource, _ range: Range<Int>
    ) async throws(StoreError) -> UploadedPart {
        try await begin(.copyPart(upload.key, number))
        let object = try object(source)
        let can = capabilities.partCopy
        guard can == .ranges || can == .objects && range == 0..<object.bytes.count else {
            throw StoreError(.unsupported, "no such copies of parts")
        }
        guard range.upperBound <= object.bytes.count else { throw StoreError(.invalid, "behind the end") }
        let part = try set(number, Array(object.bytes[range]), of: upload)
        try lose(.copyPart(upload.key, number))
        return UploadedPart(number: number, size: range.count, tag: part)
    }

    func complete(
        _ upload: Upload, _ parts: [UploadedPart], if condition: WriteCondition
    ) async throws(StoreError) -> PutResult {
        try await begin(.complete(upload.key))
        return try finish(.complete(upload.key)) { state throws(StoreError) in
            guard let begun = state.uploads[upload.id] else { throw StoreError(.notFound, "no such upload") }
            try check(condition, begun.key, state, capabilities.conditionalComplete)
            var bytes: [UInt8] = []
            for (index, part) in parts.enumerated() {
                guard let stored = begun.parts[part.number], Self.tag(stored) == part.tag,
                    stored.count == part.size
                else { throw StoreError(.invalid, "part \(part.number) is another one") }
                guard index == parts.count - 1 || stored.count >= capabilities.minimumPartSize,
                    stored.count <= capabilities.maximumPartSize, index == 0 || parts[index - 1].number < part.number
                else { throw StoreError(.invalid, "part \(part.number) has \(stored.count) bytes") }
                bytes += stored
            }
            guard (1...capabilities.maximumParts).contains(parts.count) else {
                throw StoreError(.invalid, "\(parts.count) parts")
            }
            state.uploads[upload.id] = nil
            let version = ObjectVersion(mark(of: parts)!.text)
            return state.set(begun.key, bytes, begun.metadata, Self.now, version: version)
        }
    }

    /// As S3 makes one.
    func mark(of parts: [UploadedPart]) -> ObjectMark? {
        ObjectMark("parts-" + parts.map(\.tag).joined(separator: ","))
    }

    func abort(_ upload: Upload) async throws(StoreError) {
        try await begin(.abort(upload.key))
        state.withLock { $0.uploads[upload.id] = nil }
        try lose(.abort(upload.key))
    }

    func copy(
        _ source: CopySource, to key: ObjectKey, _ metadata: ObjectMetadata?, if condition: WriteCondition
    ) async throws(StoreError) -> PutResult {
        guard capabilities.serverCopy else { throw StoreError(.unsupported, "no copies") }
        try await begin(.copy(source.key, to: key))
        let object = try object(source)
        guard object.bytes.count <= capabilities.maximumCopy else { throw StoreError(.tooLarge, "too large to copy") }
        return try finish(.copy(source.key, to: key)) { state throws(StoreError) in
            try check(condition, key, state, capabilities.conditionalCopy)
            return state.set(key, object.bytes, metadata.map(kept) ?? object.metadata, Self.now)
        }
    }

    func rename(
        _ key: ObjectKey, to newKey: ObjectKey, if condition: WriteCondition
    ) async throws(StoreError) -> PutResult {
        guard capabilities.atomicRename != .none, !key.endsInSlash || capabilities.atomicRename == .objectsAndFolders
        else { throw StoreError(.unsupported, "no renaming") }
        try await begin(.rename(key, to: newKey))
        return try finish(.rename(key, to: newKey)) { state throws(StoreError) in
            try check(condition, newKey, state, true)
            state.sorted = nil
            guard key.endsInSlash else {
                guard let object = state.objects.removeValue(forKey: key) else {
                    throw StoreError(.notFound, "no \(key.shown)")
                }
                return state.set(newKey, object.bytes, object.metadata, object.modified)
            }
            let moved = state.objects.filter { $0.key.hasPrefix(key) }
            guard !moved.isEmpty else { throw StoreError(.notFound, "no \(key.shown)") }
            for (old, object) in moved {
                state.objects[old] = nil
                state.objects[newKey + ObjectKey(old.bytes.dropFirst(key.bytes.count))] = object
            }
            return ObjectVersion("folder")
        }
    }

    func delete(_ deletions: [Deletion]) async throws(StoreError) -> [Result<Void, StoreError>] {
        var results: [Result<Void, StoreError>] = []
        for deletion in deletions {
            do throws(StoreError) {
                try await begin(.delete(deletion.key))
                try state.withLock { state throws(StoreError) in
                    if let version = deletion.version {
                        guard capabilities.conditionalDelete else { throw StoreError(.unsupported, "no conditions") }
                        guard state.objects[deletion.key]?.version == version else {
                            throw StoreError(.conditionFailed, "\(deletion.key.shown) is another version")
                        }
                    }
                    if state.objects.removeValue(forKey: deletion.key) != nil { state.sorted = nil }
                }
                try lose(.delete(deletion.key))
                results.append(.success(()))
            } catch {
                results.append(.failure(error))
            }
        }
        return results
    }

    // MARK: Pieces of these

    private func finish(
        _ call: Call, _ change: (inout State) throws(StoreError) -> ObjectVersion
    ) throws(StoreError) -> PutResult {
        let version = try state.withLock { state throws(StoreError) in try change(&state) }
        try lose(call)
        return PutResult(version: version)
    }

    private func lose(_ call: Call) throws(StoreError) {
        if let error = state.withLock({ $0.lostAnswer })?(call) { throw error }
    }

    private func check(
        _ condition: WriteCondition, _ key: ObjectKey, _ state: State, _ isPossible: Bool
    ) throws(StoreError) {
        guard condition != .always else { return }
        guard isPossible else { throw StoreError(.unsupported, "no conditions") }
        let found = state.objects[key]?.version
        let holds = if case .ifVersion(let version) = condition { found == version } else { found == nil }
        guard holds else { throw StoreError(.conditionFailed, "\(key.shown) is there, or another version") }
    }

    @discardableResult
    private func verify(_ checksum: BodyChecksum?, _ bytes: [UInt8]) throws(StoreError) -> Checksum? {
        guard let checksum else { return nil }
        guard capabilities.checksums.contains(checksum.algorithm) else {
            throw StoreError(.unsupported, "an unknown checksum")
        }
        let right = try? Checksum(checksum.algorithm, of: bytes)
        if case .known(let known) = checksum, known != right { throw StoreError(.inputOutput, "wrong checksum") }
        return right
    }

    private func set(_ number: Int, _ bytes: [UInt8], of upload: Upload) throws(StoreError) -> String {
        try state.withLock { state throws(StoreError) in
            guard state.uploads[upload.id]?.key == upload.key else { throw StoreError(.notFound, "no such upload") }
            state.uploads[upload.id]?.parts[number] = bytes
        }
        return Self.tag(bytes)
    }

    private func object(_ source: CopySource) throws(StoreError) -> Object {
        guard let object = objects[source.key] else { throw StoreError(.notFound, "no \(source.key.shown)") }
        guard source.version == nil || source.version == object.version else { throw StoreError(.changed, "changed") }
        return object
    }

    private func content(_ body: ByteSource) throws(StoreError) -> [UInt8] {
        switch body {
        case .bytes(let bytes): return bytes
        case .file(let file, let range):
            let bytes = try? [UInt8](unsafeUninitializedCapacity: range.count) { memory, count in
                count = try file.file.read(into: UnsafeMutableRawBufferPointer(memory), at: range.lowerBound)
            }
            guard let bytes, bytes.count == range.count else {
                throw StoreError(.inputOutput, "the file cannot be read, or ends before")
            }
            return bytes
        }
    }

    private func kept(_ metadata: ObjectMetadata) -> ObjectMetadata {
        capabilities.keepsMetadata ? metadata : ObjectMetadata()
    }

    static func tag(_ bytes: [UInt8]) -> String {
        "\(bytes.count)-\((try? Checksum(.crc64nvme, of: bytes))?.hex ?? "")"
    }

    private static var now: FileTime {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return FileTime(seconds: time.tv_sec, nanoseconds: time.tv_nsec)
    }
}
