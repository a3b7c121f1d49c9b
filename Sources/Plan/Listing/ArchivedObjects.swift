import ObjectStore

/// The objects of a source that cannot be read before they are restored. Of some no listing tells for certain; to look at each of
/// them could take as long as to copy them, so that a few stand for all: what is archived by its age mostly has company.
struct ArchivedObjects: Sendable {
    private(set) var count = 0
    private(set) var first: ObjectKey?

    private var doubtful = Doubtful()

    private struct Doubtful {
        var count = 0
        /// Those that the listing says are archived, and that may have been restored.
        var listedAsArchived = 0
        /// Each has the same chance to be among them.
        var sample: [ObjectKey] = []
    }

    /// How many are looked at.
    static let looks = 64

    mutating func note(_ object: ObjectInfo) {
        guard object.isArchivalUncertain else {
            if object.isArchived { note(object.key, 1) }
            return
        }
        doubtful.count += 1
        if object.isArchived { doubtful.listedAsArchived += 1 }
        guard doubtful.sample.count == Self.looks else { return doubtful.sample.append(object.key) }
        let place = Int.random(in: 0..<doubtful.count)
        if place < Self.looks { doubtful.sample[place] = object.key }
    }

    private mutating func note(_ key: ObjectKey, _ count: Int) {
        self.count += count
        first = first ?? key
    }

    /// Looks at those in doubt. Who may not look is left to the copy, which then fails: whether for that or for the archive it says.
    mutating func settle(_ store: any ObjectStore) async {
        let doubtful = self.doubtful
        guard !doubtful.sample.isEmpty else { return }
        self.doubtful = Doubtful()
        let archived = await withTaskGroup(of: ObjectKey?.self) { group in
            for key in doubtful.sample {
                group.addTask { (try? await store.stat(key))?.isArchived == true ? key : nil }
            }
            return await group.reduce(into: [ObjectKey]()) { archived, key in if let key { archived.append(key) } }
        }
        guard let first = archived.min() else { return }
        note(first, max(archived.count, doubtful.listedAsArchived))
    }
}
