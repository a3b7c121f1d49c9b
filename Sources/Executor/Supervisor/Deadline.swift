import Platform

/// By when something is to be done; without a limit it may take as long as it does.
struct Deadline {
    private let end: Int?

    init(_ milliseconds: Int?) {
        end = milliseconds.map { MonotonicTime.milliseconds + $0 }
    }

    /// Milliseconds.
    var left: Int? { end.map { max(0, $0 - MonotonicTime.milliseconds) } }
}
