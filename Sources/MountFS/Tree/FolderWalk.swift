import ObjectStore

/// Who reads one folder of a folder after another, as `find` and `ls -R` do, will read those that follow: their first
/// pages are asked for ahead, more of them the longer it goes on, so that a walk does not wait for each folder.
struct FolderWalks {
    private struct Walk {
        /// The name of the folder that was read last.
        var last: [UInt8]
        var ahead: Int
        /// So many folders are read before it is tried again.
        var pause = 0

        private static let most = 16
        private static let longestPause = 16

        func next(_ name: [UInt8], _ wasKnown: Bool) -> Walk {
            if pause > 0 { return Walk(last: name, ahead: 0, pause: pause - 1) }
            // What was asked for ahead and is not believed any more was asked for in vain.
            if ahead > 0, !wasKnown { return Walk(last: name, ahead: 0, pause: Self.longestPause) }
            return Walk(last: name, ahead: min(Self.most, max(2, ahead * 2)))
        }
    }

    private static let kept = 256

    /// By the folder that they are in.
    private var walks: [ObjectKey: Walk] = [:]

    /// The names of the folders that will be read soon, when this one is being read now. `wasKnown` says whether its
    /// first page was there already.
    mutating func next(
        after name: [UInt8], in parent: ObjectKey, _ pages: [ListedPage], wasKnown: Bool
    ) -> [[UInt8]] {
        if walks.count > Self.kept { walks = [:] }
        let found = pages.reversed().lazy.compactMap { page in
            name.withUnsafeBytes { page.entries.find($0) }.map { (page: page, index: $0) }
        }.first
        guard let found else { return [] }
        let entries = found.page.entries
        let before = entries.folder(before: found.index)
        var walk = Walk(last: name, ahead: 0)
        if before == nil {
            walk.ahead = 2
        } else if let old = walks[parent], old.last == before {
            walk = old.next(name, wasKnown)
        }
        walks[parent] = walk
        return entries.folders(after: found.index, count: walk.ahead)
    }
}

extension PackedEntries {
    func folder(before index: Int) -> [UInt8]? {
        (0..<index).last { kind($0) == .folder }.map { withName($0) { Array($0) } }
    }

    func folders(after index: Int, count: Int) -> [[UInt8]] {
        guard count > 0 else { return [] }
        var names: [[UInt8]] = []
        for next in index + 1..<max(index + 1, self.count) where kind(next) == .folder {
            names.append(withName(next) { Array($0) })
            if names.count == count { break }
        }
        return names
    }
}
