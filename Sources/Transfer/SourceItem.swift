import Plan
import Platform

/// One file, folder or link of a source, as the preflight has listed it.
typealias SourceItem = SourceListing.Item

extension ItemReader {
    func forEach(_ body: (SourceItem) throws(CopyFailure) -> Void) throws(CopyFailure) {
        var reader = self
        while let item = try reader.nextItem() { try body(item) }
    }

    mutating func nextItem() throws(CopyFailure) -> SourceItem? {
        do throws(SystemError) {
            return try next()
        } catch {
            throw CopyFailure.listing(error)
        }
    }
}

extension [ListedSource] {
    /// The items of all, one source after the other.
    func eachItem(_ body: (SourceItem) throws(CopyFailure) -> Void) throws(CopyFailure) {
        for source in self { try source.items.forEach(body) }
    }

    /// Whether an item has this name directly below the destination, or is in a folder of that name.
    func hasItem(below name: RawPath) throws(CopyFailure) -> Bool {
        var hasItem = false
        try eachItem { item throws(CopyFailure) in if item.path.firstName == name { hasItem = true } }
        return hasItem
    }
}
