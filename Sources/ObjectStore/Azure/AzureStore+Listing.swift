import HTTP
import Platform

extension ListPage {
    fileprivate var isNothing: Bool { objects.isEmpty && prefixes.isEmpty && leftOut == 0 && next == nil }
}

extension AzureStore {
    /// The service has no way to begin behind a key: what comes before it is read over.
    public func list(_ request: ListRequest) async throws(StoreError) -> ListPage {
        let task = "cannot list \(site.container)/\(request.prefix.shown)"
        guard let prefix = request.prefix.exactText else {
            throw StoreError(.invalid, "\(request.prefix.shown): Azure's names of objects are UTF-8")
        }
        var request = request
        // Where keys come in their order, that of the folders would be behind keys of a later page.
        request.showsFolders = request.showsFolders && capabilities.keepsFolders
        let position = AzurePosition(request)
        let limit = request.limit.map { max(1, min($0, capabilities.pageLimit) - position.folders.count) }
        var query: [(name: String, value: String?)] = [
            ("restype", "container"), ("comp", "list"), ("prefix", prefix.isEmpty ? nil : prefix),
            ("marker", position.marker), ("maxresults", limit.map(String.init)),
            // Only it tells what is a folder.
            ("include", "metadata"),
        ]
        if case .bySlash = request.grouping { query.append(("delimiter", "/")) }
        var message = self.request(.get, nil, query)
        // Five thousand of the longest names and much metadata; usually it has a few megabytes.
        message.sink = .bytes(limit: XMLReader.longest)

        let response = try await send(message, task)
        let listing: AzureListing
        do throws(XMLProblem) {
            listing = try AzureListing(response.body)
        } catch {
            throw problem(error, task, response)
        }
        var page = AzurePosition.finish(listing, request)
        if let after = request.after {
            page.objects.removeAll { $0.key <= after }
            page.prefixes.removeAll { $0 <= after && !after.hasPrefix($0) }
        }
        if page.isNothing, request.continuation == nil, let folder = try await emptyFolder(request, task) {
            page.objects = [folder]
        }
        return page
    }

    /// A folder in which nothing is has no part in the listing of what is below it. Objects that stand for folders have.
    private func emptyFolder(_ request: ListRequest, _ task: String) async throws(StoreError) -> ObjectInfo? {
        guard capabilities.keepsFolders, request.prefix.endsInSlash, request.after.map({ $0 < request.prefix }) ?? true
        else { return nil }
        do throws(StoreError) {
            return try await marker(ofFolder: request.prefix, task)
        } catch  where error.code == .denied {
            // Who may list and not look sees as much as before.
            return nil
        }
    }
}
