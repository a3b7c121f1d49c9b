import Glibc
import HTTP
import Platform
import Synchronization

/// The time as the server has it. Signatures that are minutes off are refused, and machines' clocks are wrong more often
/// than one should think.
final class ServerClock: Sendable {
    /// From this machine's, in seconds.
    let offset = Atomic(0)

    /// Refusals begin at 15 minutes.
    private static let tolerance = 300

    private let own: @Sendable () -> Int

    /// `own` is this machine's, in seconds since 1970.
    init(_ own: @escaping @Sendable () -> Int = { time(nil) }) {
        self.own = own
    }

    var now: Int { own() + offset.load(ordering: .relaxed) }

    /// What an answer says of the time. True when the next attempt will use another one.
    func correct(_ headers: HTTPHeaders, used: Int?) -> Bool {
        guard let date = headers["Date"].flatMap({ HTTPDate.seconds($0) }) else { return false }
        if abs(date - now) > Self.tolerance { offset.store(date - own(), ordering: .relaxed) }
        // Another request may have set the clock already.
        return used.map { abs(date - $0) > Self.tolerance } ?? false
    }
}
