/// Finds places by a hash of what stands there: chains of places, four bytes for each and as much for its chain's head.
struct NameIndex {
    private var heads = [UInt32](repeating: 0, count: 64)
    private var next: [UInt32] = []
    /// Hashes are kept in part, so that the index can grow without reading what it indexes.
    private var hashes: [UInt32] = []
    private var count = 0

    func first(_ hash: Int, where matches: (UInt32) -> Bool) -> UInt32? {
        let hash = UInt32(truncatingIfNeeded: hash)
        var place = heads[head(hash)]
        while place != 0 {
            if hashes[Int(place)] == hash, matches(place) { return place }
            place = next[Int(place)]
        }
        return nil
    }

    mutating func add(_ place: UInt32, _ hash: Int) {
        if count >= heads.count { grow() }
        let missing = Int(place) + 1 - next.count
        if missing > 0 {
            next.append(contentsOf: repeatElement(0, count: missing))
            hashes.append(contentsOf: repeatElement(0, count: missing))
        }
        let hash = UInt32(truncatingIfNeeded: hash)
        hashes[Int(place)] = hash
        next[Int(place)] = heads[head(hash)]
        heads[head(hash)] = place
        count += 1
    }

    mutating func remove(_ place: UInt32, _ hash: Int) {
        let head = head(UInt32(truncatingIfNeeded: hash))
        if heads[head] == place {
            heads[head] = next[Int(place)]
        } else {
            var before = heads[head]
            while before != 0, next[Int(before)] != place { before = next[Int(before)] }
            guard before != 0 else { return }
            next[Int(before)] = next[Int(place)]
        }
        next[Int(place)] = 0
        count -= 1
    }

    private func head(_ hash: UInt32) -> Int { Int(hash) & (heads.count - 1) }

    private mutating func grow() {
        let old = heads
        heads = [UInt32](repeating: 0, count: old.count * 2)
        for first in old {
            var place = first
            while place != 0 {
                let following = next[Int(place)]
                let head = head(hashes[Int(place)])
                next[Int(place)] = heads[head]
                heads[head] = place
                place = following
            }
        }
    }
}
