/// Those who wait, in the order in which they came or those of the highest rank first.
struct WaitingLine<Element> {
    private struct Place {
        let rank: Int
        let arrival: Int
        let element: Element
    }

    /// In the order in which they are to be served; those before `first` have been.
    private var places: [Place] = []
    private var first = 0
    private var arrivals = 0

    /// Ranks above this one count for nothing: they come last. Without it no rank counts.
    var highestRank: Int? {
        didSet {
            guard highestRank != oldValue else { return }
            places.removeFirst(first)
            first = 0
            places.sort(by: isBefore)
        }
    }

    var count: Int { places.count - first }

    mutating func append(_ element: Element, rank: Int) {
        arrivals += 1
        let new = Place(rank: rank, arrival: arrivals, element: element)
        var (low, high) = (first, places.count)
        // Who comes last is the usual case.
        if count > 0, let last = places.last, isBefore(last, new) { low = high }
        while low < high {
            let middle = (low + high) / 2
            if isBefore(places[middle], new) { low = middle + 1 } else { high = middle }
        }
        places.insert(new, at: low)
    }

    mutating func next() -> Element? {
        guard count > 0 else { return nil }
        defer {
            first += 1
            if first * 2 > places.count {
                places.removeFirst(first)
                first = 0
            }
        }
        return places[first].element
    }

    private func isBefore(_ one: Place, _ other: Place) -> Bool {
        let (preferred, otherPreferred) = (isPreferred(one), isPreferred(other))
        guard preferred == otherPreferred else { return preferred }
        guard preferred, one.rank != other.rank else { return one.arrival < other.arrival }
        return one.rank > other.rank
    }

    private func isPreferred(_ place: Place) -> Bool { highestRank.map { place.rank <= $0 } ?? false }
}
