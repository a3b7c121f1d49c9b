import ObjectStore

/// The objects of a source that cannot be read before they are restored. Of some no listing tells for certain; to look at each of
/// them could take as long as to copy them, so that a few stand for all: what is archived by its age mostly has company.
struct ArchivedObjects: Sendable {
    private(set) var count = 0
    private(set) var first: ObjectKey?

    /// Those that the listing says are archived, and that may have been restored.
    private var listedAsArchived = Doubtful()
    /// All others. Among as many as these may be, the former would not be found.
    private var others = Doubtful()

    private struct Doubtful {
        var count = 0
        /// Each has the same chance to be among them.
        var sample: [ObjectKey] = []

        mutating func note(_ key: ObjectKey) {
            count += 1
            guard sample.count == ArchivedObjects.looks else { return sample.append(key) }
            let place = Int.random(in: 0..<count)
            if place < ArchivedObjects.looks { sample[place] = key }
        }
    }

    /// How many of each kind are looked at.
    static let looks = 64

    mutating func note(_ object: ObjectInfo) {
        if object.isArchivalUncertain {
            if object.isArchived { listedAsArchived.note(object.key) } else { others.note(object.key) }
        } else if object.isArchived {
            note(object.key, 1)
        }
    }

    private mutating func note(_ key: ObjectKey, _ count: Int) {
        self.count += count
        first = first ?? key
    }

    /// Looks at those in doubt. Who may not look is left to the copy, which then fails: whether for that or for the archive it says.
    mutating func settle(_ store: any ObjectStore) async {
        let (listed, others) = (listedAsArchived, self.others)
        guard !listed.sample.isEmpty || !others.sample.isEmpty else { return }
        (listedAsArchived, self.others) = (Doubtful(), Doubtful())
        let archived = await withTaskGroup(of: ObjectKey?.self) { group in
            for key in listed.sample + others.sample {
                group.addTask { (try? await store.stat(key))?.isArchived == true ? key : nil }
            }
            return await group.reduce(into: [ObjectKey]()) { archived, key in if let key { archived.append(key) } }
        }
        guard let first = archived.min() else { return }
        let sample = Set(listed.sample)
        let ofListed = archived.count { sample.contains($0) }
        // Where one has not been restored, all that are listed so are counted.
        note(first, archived.count - ofListed + (ofListed > 0 ? listed.count : 0))
    }
}
