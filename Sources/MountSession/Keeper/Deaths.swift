/// How often a session has died lately, and so whether another one is worth a try and when: the first ones at once,
/// since programs wait for it; then later and later; and not at all when the same thing seems to kill every one of
/// them.
struct Deaths {
    static let window = 60_000

    /// So many within a minute are borne.
    let most: Int
    private var times: [Int] = []

    init(most: Int) {
        self.most = most
    }

    /// How many milliseconds to wait before the next try; nothing when there shall be none.
    mutating func pause(afterDeathAt now: Int) -> Int? {
        times.removeAll { $0 < now - Self.window }
        times.append(now)
        guard times.count <= most else { return nil }
        return times.count <= 5 ? 0 : min(1000, (times.count - 5) * 50)
    }
}
