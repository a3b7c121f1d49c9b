import Platform

/// `Retry-After`: seconds, or a moment.
enum RetryAfter {
    static func milliseconds(_ headers: HTTPHeaders, _ timing: RetryTiming) -> Int? {
        guard let text = headers["Retry-After"] else { return nil }
        if let seconds = Int(text) {
            // Beyond a year it is all the same.
            return seconds < 0 ? nil : min(seconds, 31_536_000) * 1000
        }
        return HTTPDate.seconds(text).map { max(0, $0 - timing.secondsSince1970()) * 1000 }
    }
}
