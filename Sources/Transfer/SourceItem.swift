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
}
