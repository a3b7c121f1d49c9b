import HTTP
import JSON
import Platform
import Signing

/// The folders of a bucket with a hierarchy of them, under keys that end in a slash. They come into being with the first object
/// below them and stay when the last one goes; the service renames one with all that is in it in one step. Whoever may not do that
/// has a bucket without folders from then on: what would be in the way of everything else is not worth a failure.
extension GCSStore {
    func renameFolder(
        _ key: ObjectKey, to newKey: ObjectKey, if condition: WriteCondition, _ task: String
    ) async throws(StoreError) {
        // One that is there is never replaced.
        if case .ifVersion(let version) = condition {
            throw StoreError(.conditionFailed, "\(task): no folder can be of version \(version.text.printable)")
        }
        do throws(StoreError) {
            try await askToRename(key, to: newKey, task)
        } catch  where error.refusesFolders {
            throw withoutFolders(error)
        } catch  where [.notFound, .conditionFailed].contains(error.code) {
            try await settle(error, key, newKey, task)
        }
    }

    private func askToRename(_ key: ObjectKey, to newKey: ObjectKey, _ task: String) async throws(StoreError) {
        let address = site.folder(key, "renameTo/folders/" + GCSSite.name(newKey))
        try await waitForOperation(begunBy: try await send(slow(request(.post, address)), task), task)
    }

    /// A rename that was refused: because it has been done already for somebody who has not heard of it, because it is being done,
    /// because the folder above the new one is missing, or because the server knows no such thing.
    private func settle(
        _ failure: StoreError, _ key: ObjectKey, _ newKey: ObjectKey, _ task: String
    ) async throws(StoreError) {
        var source = try await folder(key, task)
        // Perhaps by the attempt before this one.
        if let operation = source?.rename {
            try await waitForOperation(operation, task)
            source = try await folder(key, task)
        }
        switch (source, try await folder(newKey, task)) {
        case (nil, _?): return
        case (nil, nil):
            // What has objects in it is a folder to whoever knows of folders.
            guard try await page(ListRequest(prefix: key, limit: 1), task).objects.isEmpty else {
                throw withoutFolders(failure)
            }
            throw StoreError(.notFound, "\(task): there is no such folder", status: failure.status)
        case (_?, _?):
            throw StoreError(.conditionFailed, "\(task): there is such a folder already", status: failure.status)
        case (_?, nil) where failure.code == .conditionFailed:
            throw StoreError(
                .conditionFailed, "\(task): it is being changed", isRetryable: true, status: failure.status)
        case (_?, nil):
            guard let above = newKey.folderAbove else { throw withoutFolders(failure) }
            try await makeFolder(above, task)
            try await askToRename(key, to: newKey, task)
        }
    }

    /// With those above it; one that is there is none to be made.
    private func makeFolder(_ key: ObjectKey, _ task: String) async throws(StoreError) {
        let address = site.bucket("folders", [QueryItem("recursive", "true")])
        let document: JSONValue = ["name": .string(key.exactText ?? "")]
        let response = try await sendAny(request(.post, address, sending: document), task)
        guard response.isSuccess || response.status == 409 else { throw failure(response, task) }
    }

    /// Nothing where there is none.
    func folder(_ key: ObjectKey, _ task: String) async throws(StoreError) -> GCSFolder? {
        let response = try await sendAny(request(.get, site.folder(key)), task)
        if response.isSuccess { return GCSFolder(try document(response, task)) }
        let failure = failure(response, task)
        guard failure.code == .notFound, !GCSErrorAnswer(response).isAboutBucket else {
            throw failure.refusesFolders ? withoutFolders(failure) : failure
        }
        return nil
    }

    /// Once what stood for it has gone. One in which something is stays.
    func removeFolder(_ key: ObjectKey, _ task: String) async throws(StoreError) {
        guard facts.folderUse == .changed else { return }
        let response = try await sendAny(request(.delete, site.folder(key)), task)
        if response.isSuccess { return }
        let failure = failure(response, task)
        // Then it shows no more.
        if failure.refusesFolders { return _ = withoutFolders(failure) }
        guard [.notFound, .conditionFailed, .invalid].contains(failure.code) else { throw failure }
    }

    /// From now on the bucket is taken for one without folders.
    func withoutFolders(_ failure: StoreError) -> StoreError {
        facts.folderUse = .none
        var failure = failure
        failure.code = .unsupported
        failure.isRetryable = false
        return failure
    }
}

extension StoreError {
    /// Whoever asks has no rights over folders, or the server does not know of them.
    var refusesFolders: Bool { [403, 405, 501].contains(status) }
}

extension ObjectKey {
    /// Of a folder that is in another one.
    fileprivate var folderAbove: ObjectKey? {
        let slash = UInt8(ascii: "/")
        guard let last = bytes.dropLast().lastIndex(of: slash) else { return nil }
        return ObjectKey(Array(bytes[...last]))
    }
}
