import ObjectStore
import Platform

/// Looks at a file on a web server.
struct WebListing {
    let opened: OpenedStore
    let key: ObjectKey
    /// Whether the server's own name for the file counts: where users have named neither it nor its neighbours.
    let takesSuggestedName: Bool
    let space: ListingSpace

    struct Found {
        var source: ListedSource
        var hasUnknownSize: Bool
    }

    func list() async throws(StoreError) -> Found {
        let object = try await opened.store.stat(key)
        let name = takesSuggestedName ? object.suggestedName.flatMap(usable) : nil
        var found = BucketWalk.Found(in: space)
        let path = name ?? RawPath(key.bytes)
        ItemCollector(prefix: "", filter: ItemFilter(include: [], exclude: []), opened.store.capabilities)
            .append(object, at: path, to: &found)
        return Found(
            source: ListedSource(origin: .store(opened), name: path, isSingleFile: true, listing: found.listing),
            hasUnknownSize: object.hasUnknownSize)
    }

    private func usable(_ name: String) -> RawPath? {
        let path = RawPath(name)
        return UnusableName.reason(of: path) == nil ? path : nil
    }
}
