extension Stragglers {
    /// Fetches so many parts by one request, and a second time beside when it is found to be a straggler and that is allowed. The
    /// first that comes counts; when this returns, the other has ended as well and touches nothing any more.
    func fetch<Success: Sendable>(
        _ parts: Int, again isAllowed: @escaping @Sendable () -> Bool,
        _ fetch: @escaping @Sendable () async throws(CopyFailure) -> Success
    ) async throws(CopyFailure) -> Success {
        let number = begin(parts)
        let outcome = await withTaskGroup(of: Result<Success, CopyFailure>?.self) { group in
            group.addTask { await Self.result(fetch) }
            group.addTask { [self] in
                guard await isOne(number), !Task.isCancelled, isAllowed() else { return nil }
                return await Self.result(fetch)
            }
            var failure: CopyFailure?
            for await result in group {
                switch result {
                case .success(let success):
                    end(number, isThere: true)
                    group.cancelAll()
                    await group.waitForAll()
                    return Result<Success, CopyFailure>.success(success)
                case .failure(let error):
                    failure = failure ?? error
                    // A second one that is under way may still bring it; one that is not begun would fail alike.
                    end(number, isThere: false)
                case nil: break
                }
            }
            end(number, isThere: false)
            return .failure(failure ?? CopyFailure(.cancelled, "the copy was stopped"))
        }
        return try outcome.get()
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
