import Platform

/// Paths of which only is remembered that they were there: eight bytes for each of what may be millions. The hash is seeded
/// anew in each process, so that nobody can choose names that are taken for one another.
struct PathSet {
    private var hashes: [Int] = []

    /// To be asked only when all are in and `seal` was called.
    mutating func insert(_ path: RawPath) { hashes.append(path.hashValue) }

    mutating func seal() { hashes.sort() }

    func contains(_ path: RawPath) -> Bool {
        let hash = path.hashValue
        var low = 0
        var high = hashes.count
        while low < high {
            let middle = (low + high) / 2
            if hashes[middle] < hash { low = middle + 1 } else { high = middle }
        }
        return low < hashes.count && hashes[low] == hash
    }
}
