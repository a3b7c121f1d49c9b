/// How names of a folder are looked for. Whoever takes one after another is served by pages of names; whoever takes them
/// here and there in a large folder would pay for pages that nobody needs.
struct FolderSearch {
    private var last: Int
    private var trials = 0
    private var found = 0
    private var missed = 0

    private static let moment = 1000
    /// The first page of the folder, and one from a name on.
    private static let trials = 2
    private static let worthwhile = 8
    private static let patience = 32

    init(at time: Int) {
        last = time - Self.moment
    }

    /// A page had the name that was looked for.
    mutating func noteFound() { found += 1 }

    /// Nothing is known of the name. Whether a page of names shall be asked for beside it: with the second name within a
    /// moment, and then as long as pages serve, or to see whether they do now.
    mutating func wantsPage(at time: Int) -> Bool {
        let isAlone = last + Self.moment <= time
        last = time
        if isAlone {
            trials = 0
            return false
        }
        missed += 1
        guard trials < Self.trials || found >= Self.worthwhile || missed >= Self.patience else { return false }
        (trials, found, missed) = (trials + 1, 0, 0)
        return true
    }

    func isOver(at time: Int) -> Bool { last + Self.moment <= time }
}
