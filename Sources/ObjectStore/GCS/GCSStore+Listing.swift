import HTTP
import JSON
import Platform
import Signing

extension GCSStore {
    public func list(_ request: ListRequest) async throws(StoreError) -> ListPage {
        let task = "cannot list \(site.bucket.printable)/\(request.prefix.shown)"
        var page = try await page(request, task)
        if try await isEmptyFolder(request, page, task) { page.prefixes = [request.prefix] }
        // It starts with that key.
        if let after = request.after {
            page.objects.removeAll { $0.key <= after }
            page.prefixes.removeAll { $0 <= after && !after.hasPrefix($0) }
        }
        page.objects.removeAll { isOfParts($0.key) }
        page.prefixes.removeAll { isOfParts($0) }
        return page
    }

    /// Pages without groups have nothing of folders.
    private func isEmptyFolder(
        _ request: ListRequest, _ page: ListPage, _ task: String
    ) async throws(StoreError) -> Bool {
        guard facts.folderUse != .none, case .none = request.grouping, request.prefix.endsInSlash,
            request.after == nil, request.continuation == nil, page.objects.isEmpty, page.next == nil
        else { return false }
        do throws(StoreError) {
            return try await folder(request.prefix, task) != nil
        } catch  where error.code == .unsupported {
            return false
        }
    }

    /// The same with what is hidden.
    func page(_ request: ListRequest, _ task: String) async throws(StoreError) -> ListPage {
        var query = [
            QueryItem("projection", "noAcl"),
            QueryItem("fields", "nextPageToken,prefixes,items(\(GCSObject.fields))"),
            QueryItem("maxResults", String(min(request.limit ?? 1000, 1000))),
        ]
        if !request.prefix.isEmpty { query.append(QueryItem("prefix", try text(request.prefix))) }
        var showsFolders = false
        if case .bySlash = request.grouping {
            query.append(QueryItem("delimiter", "/"))
            showsFolders = facts.folderUse != .none
            if showsFolders { query.append(QueryItem("includeFoldersAsPrefixes", "true")) }
        }
        if let after = request.after, !after.isEmpty { query.append(QueryItem("startOffset", try text(after))) }
        if let token = request.continuation { query.append(QueryItem("pageToken", bytes: token.bytes)) }
        var message = self.request(.get, site.bucket("o", query))
        // A page of the longest keys; usually it has a third of a megabyte.
        message.sink = .bytes(limit: 16 << 20)
        do throws(StoreError) {
            var page = try read(try await send(message, task), task)
            // It may be among those in it.
            page.prefixes.removeAll { $0 == request.prefix }
            return page
        } catch  where showsFolders && error.refusesFolders {
            // Perhaps only folders are not shown.
            _ = withoutFolders(error)
            return try await self.page(request, task)
        }
    }

    private func read(_ response: HTTPResponse, _ task: String) throws(StoreError) -> ListPage {
        let document = try document(response, task)
        guard case .object = document else { throw odd("this is no listing", response, task) }
        var page = ListPage()
        if case .array(let items)? = document["items"] {
            page.objects.reserveCapacity(items.count)
            for item in items { page.objects.append(try object(in: item, response, task).info) }
        }
        if case .array(let prefixes)? = document["prefixes"] {
            page.prefixes = prefixes.compactMap { $0.text.map { ObjectKey($0) } }
        }
        if let token = document["nextPageToken"]?.text, !token.isEmpty {
            page.next = ContinuationToken(token.utf8)
        }
        return page
    }

    private func text(_ key: ObjectKey) throws(StoreError) -> String {
        guard let text = key.exactText else {
            throw StoreError(.invalid, "\(key.shown): GCS's keys are UTF-8")
        }
        return text
    }
}
