import HTTP

extension AzureStore {
    public func delete(_ deletions: [Deletion]) async throws(StoreError) -> [Result<Void, StoreError>] {
        var outcomes = [Result<Void, StoreError>](repeating: .success(()), count: deletions.count)
        for round in Self.rounds(deletions) {
            let results = await deleteEach(round.map { deletions[$0] }) { (deletion) async throws(StoreError) in
                try await deleteOne(deletion)
            }
            for (place, result) in zip(round, results) { outcomes[place] = result }
        }
        return outcomes
    }

    /// The places of deletions that can be done at the same time: a folder goes when all has gone that is in it.
    private static func rounds(_ deletions: [Deletion]) -> [[Int]] {
        let slash = UInt8(ascii: "/")
        let depths = Dictionary(grouping: deletions.indices) { place in
            let key = deletions[place].key
            return key.endsInSlash ? key.bytes.count { $0 == slash } : Int.max
        }
        return depths.sorted { $0.key > $1.key }.map(\.value)
    }

    private func deleteOne(_ deletion: Deletion) async throws(StoreError) {
        try check(deletion.key)
        let task = "cannot delete \(deletion.key.shown)"
        let isRealFolder = hasFolders && deletion.key.endsInSlash
        if !isRealFolder, try await delete(deletion.key, if: deletion.version, task) { return }
        // Nothing of the name; but a folder may be marked by something of another.
        if let folder = Self.name(ofFolder: deletion.key), let marker = try await marker(ofFolder: deletion.key, task) {
            guard deletion.version == nil || deletion.version == marker.version else {
                throw StoreError(.conditionFailed, "\(task): it is not the version that was expected")
            }
            // Nothing else that has come into its place meanwhile.
            _ = try await delete(folder, if: marker.version, task)
            return
        }
        guard deletion.version == nil else {
            throw StoreError(.conditionFailed, "\(task): there is no such object any more", status: 404)
        }
    }

    /// False when nothing was there. A version that is gone, after an attempt whose answer was lost, has been deleted by it.
    private func delete(_ key: ObjectKey, if version: ObjectVersion?, _ task: String) async throws(StoreError) -> Bool {
        var headers: HTTPHeaders = [:]
        headers["If-Match"] = try version?.condition
        let response = try await sendAny(request(.delete, key, headers: headers), task)
        if response.isSuccess { return true }
        let answer = AzureErrorAnswer(response)
        guard response.status == 404, !answer.isOfContainer else { throw failure(response, task) }
        return response.attempts > 1
    }
}
