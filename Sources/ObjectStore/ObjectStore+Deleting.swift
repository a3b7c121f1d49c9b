extension ObjectStore {
    /// Deletes each by itself, a few at a time; the outcomes are in the order of the deletions.
    func deleteEach(
        _ deletions: [Deletion], _ delete: @escaping @Sendable (Deletion) async throws(StoreError) -> Void
    ) async -> [Result<Void, StoreError>] {
        await withTaskGroup(of: (Int, Result<Void, StoreError>).self) { group in
            var outcomes = [Result<Void, StoreError>](repeating: .success(()), count: deletions.count)
            for (index, deletion) in deletions.enumerated() {
                if index >= 16, let (done, outcome) = await group.next() { outcomes[done] = outcome }
                group.addTask {
                    do throws(StoreError) {
                        return (index, .success(try await delete(deletion)))
                    } catch {
                        return (index, .failure(error))
                    }
                }
            }
            for await (done, outcome) in group { outcomes[done] = outcome }
            return outcomes
        }
    }
}
