import ObjectStore
import Platform

/// Lists what a source in a bucket names: the object of that very key, else all that is below the key as a folder.
struct BucketListing {
    let opened: OpenedStore
    let bucket: String
    let key: ObjectKey
    let filter: ItemFilter
    let space: ListingSpace

    struct Found {
        var source: ListedSource
        /// The key is an object, and objects are below it as well.
        var isAlsoPrefix = false
        /// Why some of the keys cannot be copied as they are.
        var archived: ArchivedObjects
    }

    func list() async throws(StoreError) -> Found {
        if key.isEmpty || key.endsInSlash { return try await list(below: key) }
        async let below = firstPage(below: key + "/")
        let object = await find(key)
        switch (object, await below) {
        case (.success(let object?), let below):
            var found = single(object)
            if case .success(let page) = below { found.isAlsoPrefix = !page.objects.isEmpty }
            return found
        case (.failure(let error), .success(let below)) where below.objects.isEmpty && below.next == nil:
            // The object may well be there: nobody has said that it is not.
            throw error
        case (.success(nil), _), (.failure, .success):
            // Who may list and not look at single objects learns here what there is.
            return try await list(below: key + "/")
        case (.failure(let error), .failure):
            throw error
        }
    }

    private func find(_ key: ObjectKey) async -> Result<ObjectInfo?, StoreError> {
        do throws(StoreError) {
            return .success(try await opened.store.statIfAny(key))
        } catch {
            return .failure(error)
        }
    }

    private func firstPage(below prefix: ObjectKey) async -> Result<ListPage, StoreError> {
        do throws(StoreError) {
            return .success(try await opened.store.list(ListRequest(prefix: prefix, limit: 1)))
        } catch {
            return .failure(error)
        }
    }

    private func single(_ object: ObjectInfo) -> Found {
        let name = RawPath(object.key.bytes).lastComponent
        var found = BucketWalk.Found(in: space)
        ItemCollector(prefix: "", filter: filter, opened.store.capabilities).append(object, at: name, to: &found)
        return self.found(found, name: name, isSingleFile: true)
    }

    private func list(below prefix: ObjectKey) async throws(StoreError) -> Found {
        var found = try await BucketWalk(opened.store, below: prefix, filter, space).run()
        guard found.isSomethingThere || prefix.isEmpty else {
            throw StoreError(
                .notFound, "there is no object `\(key.shown)` in bucket \(bucket), and nothing below it as a folder")
        }
        await found.archived.settle(opened.store)
        let name = RawPath(prefix.isEmpty ? Array(bucket.utf8) : Array(prefix.bytes.dropLast())).lastComponent
        return self.found(found, name: name, isSingleFile: false)
    }

    private func found(_ found: BucketWalk.Found, name: RawPath, isSingleFile: Bool) -> Found {
        Found(
            source: ListedSource(
                origin: .store(opened), name: name, isSingleFile: isSingleFile, listing: found.listing),
            archived: found.archived)
    }
}
