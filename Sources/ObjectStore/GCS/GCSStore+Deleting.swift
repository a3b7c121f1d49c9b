import HTTP
import Signing

extension GCSStore {
    /// Each by itself: many at once are a request for each in one body, whose outcomes come no sooner.
    public func delete(_ deletions: [Deletion]) async throws(StoreError) -> [Result<Void, StoreError>] {
        await deleteEach(deletions) { (deletion) async throws(StoreError) in
            try check(deletion.key)
            let task = "cannot delete \(deletion.key.shown)"
            try await remove(deletion.key, of: deletion.version, task)
            // Else it would be there still, with nothing in it.
            if deletion.key.endsInSlash { try await removeFolder(deletion.key, task) }
        }
    }

    /// Parts of unfinished objects, too.
    func remove(
        _ key: ObjectKey, of version: ObjectVersion? = nil, _ task: String
    ) async throws(StoreError) {
        let condition = version.map(WriteCondition.ifVersion) ?? .always
        var query: [QueryItem] = []
        try add(condition, to: &query, capabilities.conditionalDelete, task)
        let response = try await sendAny(request(.delete, site.object(key, nil, query)), task)
        if response.isSuccess { return }
        let failure = refusal(failure(response, task), response, condition)
        // Gone already; an attempt whose answer was lost may have done it.
        let isGone = failure.code == .notFound && !GCSErrorAnswer(response).isAboutBucket
        guard isGone || failure.status == 404 && response.attempts > 1 else { throw failure }
    }
}
