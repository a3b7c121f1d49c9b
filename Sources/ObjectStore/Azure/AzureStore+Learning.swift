import HTTP
import Platform

extension AzureStore {
    /// Asks for nothing but the container, which tells whether it is there, and of what kind its account is.
    public func check() async throws(StoreError) {
        try await learn()
        _ = try await list(ListRequest(limit: 1))
    }

    /// Of what kind the account is, and, where folders are real, whether its host for them answers us. A flat account that says
    /// so is asked nothing more; not everybody who may read a container is told.
    @discardableResult
    public func learn() async throws(StoreError) -> [String] {
        let question = request(.get, nil, [("restype", "account"), ("comp", "properties")])
        _ = try await sendAny(question, "cannot ask for \(site.container)")
        guard facts.isHierarchical != false, let tree = site.tree, try await isSomebody() else { return [] }
        do throws(StoreError) {
            try await askForTree(tree)
            return []
        } catch {
            guard error.code != .cancelled else { throw error }
            return ["files and folders of \(site.container) are moved by copying them: \(error.told)"]
        }
    }

    /// Nobody in particular moves nothing.
    private func isSomebody() async throws(StoreError) -> Bool { try await service.credentials.credentials() != nil }

    private func askForTree(_ tree: HTTPAddress) async throws(StoreError) {
        let task = "\(tree.authority.printable) cannot be asked"
        guard await service.mayPermit(anyOf: Self.move) else {
            throw StoreError(.denied, "\(service.credentials.name) does not permit moves (`\(Self.move)`)")
        }
        // The container itself says of what kind the account is; what is in it may be listed with every SAS that mounts need.
        let isKnown = facts.isHierarchical != nil
        let query: [(name: String, value: String?)] = [("resource", "filesystem")]
        let listing: [(name: String, value: String?)] = [("recursive", "false"), ("maxResults", "1")]
        guard let address = site.place(nil, isKnown ? query + listing : query) else { return }
        let response = try await soon(request(isKnown ? .get : .head, at: address), task)
        guard response.isSuccess else { throw failure(response, task) }
        facts.noteMoves()
    }

    /// The letter of a SAS that permits them.
    private static let move = "m"

    /// So long the start of a mount waits for the account's other host at most: behind a private link for blobs alone, or a
    /// firewall, that says nothing at all. In milliseconds.
    private static let patience = 2000

    private func soon(_ request: HTTPRequest, _ task: String) async throws(StoreError) -> HTTPResponse {
        var policy = RetryPolicy()
        policy.attempts = 3
        policy.deadlineMilliseconds = Self.patience
        // Children of the task, which stay on the threads that it has.
        let answer = await withTaskGroup(of: Result<HTTPResponse, StoreError>?.self) { [policy] group in
            group.addTask {
                do throws(StoreError) {
                    return .success(try await sendAny(request, task, retrying: policy))
                } catch {
                    return .failure(error)
                }
            }
            group.addTask {
                await AlarmClock.shared.pause(milliseconds: Self.patience)
                return nil
            }
            defer { group.cancelAll() }
            return await group.next() ?? nil
        }
        guard let answer else {
            throw StoreError(.unreachable, "\(task): no answer within \(TimeSpan(milliseconds: Self.patience))")
        }
        return try answer.get()
    }
}
