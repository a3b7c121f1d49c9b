import ObjectStore
import Platform
import Staging
import Synchronization

/// Attributes of a file whose bytes are in the bucket.
extension WrittenFile {
    private var keepsAttributes: Bool { uploader.store.capabilities.keepsMetadata || uploader.store is any FolderStore }

    /// Something that a program has set is not with the object. The time at which a large object was begun to be sent does for
    /// when it was written.
    var hasOtherAttributes: Bool {
        guard keepsAttributes else { return false }
        return state.withLock { state in
            guard state.key != nil, state.replacing != nil else { return false }
            var (wanted, stored) = (wantedMetadata(state), state.stored)
            if state.attributes.modified == nil {
                wanted.user["mtime"] = nil
                stored.user["mtime"] = nil
            }
            return wanted != stored
        }
    }

    var wantedMetadata: ObjectMetadata? {
        uploader.store.capabilities.keepsMetadata ? state.withLock { wantedMetadata($0) } : nil
    }

    /// They have come there, or could not.
    func endStoring(_ failure: StoreError? = nil) {
        state.withLock { $0.unstored = failure }
        storing.end()
    }

    /// What is stored has to do.
    func giveUpAttributes() { state.withLock { $0.stored = wantedMetadata($0) } }

    /// What programs have set is about the object, whatever becomes of the bytes that were written since.
    var descriptionOfObject: WrittenDescription {
        state.withLock { state in
            var attributes = state.attributes
            attributes.modified =
                attributes.modified ?? state.stored.user["mtime"].flatMap(StoredTime.nanoseconds)
            return WrittenDescription(attributes, stored: state.stored)
        }
    }

    /// What the object is to have beside its bytes.
    func wantedMetadata(_ state: State) -> ObjectMetadata {
        var attributes = state.attributes
        attributes.modified = attributes.modified ?? state.written
        return attributes.metadata(of: kind)
    }

    /// Has the store copy the object onto itself, with the attributes that are wanted.
    func saveAttributes() async throws(StoreError) {
        // Another version would go with a folder that is being moved.
        if let key { await uploader.wait(for: key) }
        let result = await whileStill { () async -> Result<Void, StoreError> in
            // They may be there already.
            await hear()
            // It may be written to all the while.
            let known = staged.state
            let (key, version, wanted) = state.withLock { ($0.key, $0.replacing, wantedMetadata($0)) }
            guard let key, let version, !known.isTorn, known.sealed == nil, hasOtherAttributes else {
                return .success(())
            }
            let object = StoredObject(key, version, size: known.image.size)
            do throws(StoreError) {
                try note(wanted, of: object, known.seals)
                let new = try await storeAttributes(wanted, of: object)
                try rebase(onto: StoredObject(key, new, size: object.size), wanted)
                return .success(())
            } catch {
                // Of that, too, the answer may have been lost.
                await hear()
                return state.withLock { $0.replacing } == version ? .failure(error) : .success(())
            }
        }
        try result.get()
    }

    private func storeAttributes(
        _ wanted: ObjectMetadata, of object: StoredObject
    ) async throws(StoreError) -> ObjectVersion {
        let store = uploader.store
        guard !(store is any FolderStore) else { return try await setAttributes(of: object.key) }
        let source = CopySource(object.key, object.version)
        return try await store.copyAnySize(source, to: object.key, wanted, size: object.size).version
    }

    /// Where objects are files, a new version has the attributes of a new file at first. Setting them makes another version of it.
    func completed(_ saved: Uploader.Saved) async throws(Uploader.Failure) -> Uploader.Saved {
        guard uploader.store is any FolderStore, attributes != WrittenAttributes() else { return saved }
        let key = saved.object.key
        let (wanted, attributes) = state.withLock { (wantedMetadata($0), $0.attributes) }
        let (version, metadata) = try await uploader.inStore(key) { () async throws(StoreError) in
            do throws(StoreError) {
                return (try await setAttributes(of: key), wanted)
            } catch {
                // The bytes are there, whatever they look like; some of the attributes may be, too.
                settings.report("\(key.shown): attributes cannot be stored: \(error.told)", error)
                return (try await uploader.store.stat(key).version, saved.metadata)
            }
        }
        try uploader.onDisk { () throws(SystemError) in
            try staged.describe(WrittenDescription(attributes, stored: metadata).words)
        }
        let object = StoredObject(key, version, size: saved.object.size)
        return Uploader.Saved(number: saved.number, object: object, metadata: metadata)
    }

    private func setAttributes(of key: ObjectKey) async throws(StoreError) -> ObjectVersion {
        guard let store = uploader.store as? any FolderStore else {
            throw StoreError(.unsupported, "\(key.shown): the store keeps no attributes")
        }
        if let version = try await store.set(FileAttributes(attributes), of: key) { return version }
        throw StoreError(.invalid, "\(key.shown) is a folder")
    }

    private func note(_ metadata: ObjectMetadata, of object: StoredObject, _ number: Int) throws(StoreError) {
        do throws(SystemError) {
            try uploader.note(metadata, of: object, number, staged)
        } catch {
            throw StoreError(error, "the staged file of \(object.key.shown) cannot be used")
        }
    }

    private func rebase(onto object: StoredObject, _ metadata: ObjectMetadata) throws(StoreError) {
        do throws(SystemError) {
            try rebase(on: object, metadata)
        } catch {
            throw StoreError(error, "the staged file of \(object.key.shown) cannot be used")
        }
    }
}
