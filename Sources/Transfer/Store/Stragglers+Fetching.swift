extension Stragglers {
    /// Fetches so many parts by one request, and a second time beside when it is found to be a straggler and that is allowed. The
    /// first that comes counts; when this returns, the other has ended as well and touches nothing any more.
    ///
    /// Until then the other may write to the same place, what is wrong as well, and nobody compares what it brings. So what two have
    /// written is looked at once more by `isRight`, and fetched anew by one alone where it is not.
    func fetch<Success: Sendable>(
        _ parts: Int, again isAllowed: @escaping @Sendable () -> Bool,
        isRight: (Success) throws(CopyFailure) -> Bool,
        _ fetch: @escaping @Sendable () async throws(CopyFailure) -> Success
    ) async throws(CopyFailure) -> Success {
        let outcome = await ask(for: parts, again: isAllowed, fetch)
        let success = try outcome.result.get()
        guard !outcome.wasAlone else { return success }
        guard try isRight(success) else { return try await fetch() }
        return success
    }

    private struct Outcome<Success: Sendable>: Sendable {
        let result: Result<Success, CopyFailure>
        /// There was no second request.
        let wasAlone: Bool
    }

    private func ask<Success: Sendable>(
        for parts: Int, again isAllowed: @escaping @Sendable () -> Bool,
        _ fetch: @escaping @Sendable () async throws(CopyFailure) -> Success
    ) async -> Outcome<Success> {
        let number = begin(parts)
        return await withTaskGroup(of: Result<Success, CopyFailure>?.self) { group in
            group.addTask { await Self.result(fetch) }
            group.addTask { [self] in
                guard await isOne(number), !Task.isCancelled, isAllowed() else { return nil }
                return await Self.result(fetch)
            }
            var failure: CopyFailure?
            var wasAlone = false
            for await result in group {
                switch result {
                case .success(let success):
                    end(number, isThere: true)
                    group.cancelAll()
                    while let other = await group.next() { wasAlone = wasAlone || other == nil }
                    return Outcome(result: .success(success), wasAlone: wasAlone)
                case .failure(let error):
                    failure = failure ?? error
                    // A second one that is under way may still bring it; one that is not begun would fail alike.
                    end(number, isThere: false)
                case nil: wasAlone = true
                }
            }
            end(number, isThere: false)
            let reason = failure ?? CopyFailure(.cancelled, "the copy was stopped")
            return Outcome(result: .failure(reason), wasAlone: wasAlone)
        }
    }

    private static func result<Success: Sendable>(
        _ fetch: @Sendable () async throws(CopyFailure) -> Success
    ) async -> Result<Success, CopyFailure> {
        do throws(CopyFailure) {
            return .success(try await fetch())
        } catch {
            return .failure(error)
        }
    }
}
