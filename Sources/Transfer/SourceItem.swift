import Plan

/// One file, folder or link of a source, as the preflight has listed it.
typealias SourceItem = SourceListing.Item
