import HTTP
import Platform

extension HTTPHead {
    /// By how many seconds the clock of who has answered is ahead; nothing when it is about right.
    func clockAhead(of time: Int) -> Int? {
        // Signatures are taken for five minutes and more.
        headers["Date"].flatMap { HTTPDate.seconds($0) }.map { $0 - time }.flatMap { abs($0) > 300 ? $0 : nil }
    }
}
