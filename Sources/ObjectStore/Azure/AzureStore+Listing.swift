import HTTP
import Platform

extension AzureStore {
    /// The service has no way to begin behind a key: what comes before it is read over.
    public func list(_ request: ListRequest) async throws(StoreError) -> ListPage {
        let task = "cannot list \(site.container)/\(request.prefix.shown)"
        guard let prefix = request.prefix.exactText else {
            throw StoreError(.invalid, "\(request.prefix.shown): Azure's names of objects are UTF-8")
        }
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
        return page
    }
}
