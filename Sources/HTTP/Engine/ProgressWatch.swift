/// Tells when a transfer moves too little. A window begins whenever enough has moved and a transfer that needs longer
/// for that than the window is, has stalled: neither a short pause nor a byte now and then decides.
struct ProgressWatch {
    private var since: Int
    private var moved = 0

    init(_ now: Int) {
        since = now
    }

    mutating func restart(_ now: Int, moved: Int) {
        since = now
        self.moved = moved
    }

    mutating func hasStalled(_ now: Int, moved: Int, enough: Int, within milliseconds: Int) -> Bool {
        if moved - self.moved >= max(1, enough) {
            restart(now, moved: moved)
            return false
        }
        return now - since >= milliseconds
    }
}
