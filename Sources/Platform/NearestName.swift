/// The known name that a mistyped one most likely means; nothing when none is near. Upper and lower case count as the
/// same, and a name that was only begun is recognised when no other begins so.
public func nearestName(to text: String, among names: some Sequence<String>) -> String? {
    // Names are short words. Text many times their length is no typing error, and measuring it would cost.
    guard !text.isEmpty, text.utf8.count <= 64 else { return nil }
    let typed = Array(text.lowercased().unicodeScalars)
    let cutOff = min(3, max(1, typed.count / 3))
    var nearest: (name: String, distance: Int)?
    var begun: [String] = []
    for name in names {
        let known = Array(name.lowercased().unicodeScalars)
        if typed.count >= 3, known.starts(with: typed) { begun.append(name) }
        let limit = nearest.map { $0.distance - 1 } ?? cutOff
        guard let distance = editDistance(typed, known, atMost: limit) else { continue }
        // One letter for another one leaves nothing of a one-letter name.
        if distance < max(typed.count, known.count) { nearest = (name, distance) }
    }
    return nearest?.name ?? (begun.count == 1 ? begun[0] : nil)
}

/// Damerau–Levenshtein distance (insert, delete, replace, swap neighbours; no part is edited twice), or nothing as soon
/// as it must exceed the limit.
private func editDistance(_ left: [Unicode.Scalar], _ right: [Unicode.Scalar], atMost limit: Int) -> Int? {
    guard limit >= 0, abs(left.count - right.count) <= limit else { return nil }
    var beforeLast: [Int] = []
    var last = Array(0...right.count)
    for (i, scalar) in left.enumerated() {
        var row = [i + 1]
        for (j, other) in right.enumerated() {
            var cost = min(last[j] + (scalar == other ? 0 : 1), last[j + 1] + 1, row[j] + 1)
            if i > 0, j > 0, scalar == right[j - 1], left[i - 1] == other { cost = min(cost, beforeLast[j - 1] + 1) }
            row.append(cost)
        }
        // From one row to the next nothing gets nearer, and a swap costs what its two rows could have won.
        guard let least = row.min(), least <= limit else { return nil }
        (beforeLast, last) = (last, row)
    }
    return last[right.count] <= limit ? last[right.count] : nil
}
