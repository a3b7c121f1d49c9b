import Platform

/// Orders mounts so that what a child stands in is there before the child, and otherwise as the file has them.
enum ParentsFirst {
    static func order(_ mounts: [PlannedMount]) -> [PlannedMount] {
        var ordered: [PlannedMount] = []
        var placed: Set<Int> = []
        let byPath = Dictionary(mounts.enumerated().map { ($1.path, $0) }, uniquingKeysWith: { first, _ in first })

        func place(_ index: Int) {
            guard placed.insert(index).inserted else { return }
            for parent in Paths.parents(of: mounts[index].path) {
                if let parent = byPath[parent] { place(parent) }
            }
            ordered.append(mounts[index])
        }
        mounts.indices.forEach(place)
        return ordered
    }
}
