import Plan
import Platform

extension Finding {
    /// The clock of this machine beside that of a store. It keeps no copy from working, since signatures go by the store's;
    /// what else goes wrong with it nobody would trace back to it.
    init(_ comparison: ClockComparison) {
        let place = comparison.endpoint
        switch comparison.outcome {
        case .unknown(let reason):
            self.init("clock", .plain, "not compared with that of \(place): \(reason)")
        case .ahead(let seconds) where abs(seconds) <= Self.tolerance:
            self.init("clock", .good, "agrees with that of \(place)")
        case .ahead(let seconds):
            let span = TimeSpan(milliseconds: abs(seconds) * 1000)
            self.init(
                "clock", .plain,
                "\(span) \(seconds > 0 ? "behind" : "ahead of") that of \(place): copies sign by the store's clock,"
                    + " but certificates, signed links and times of files are judged by this one")
        }
    }

    /// In seconds: less than that no service refuses.
    private static let tolerance = 60
}
