import HTTP
import Synchronization

/// What requests for a file have told about its server.
final class WebFacts: Sendable {
    private let ranges = Atomic(false)
    /// Where redirects have led, by what was asked: a signed address is good for one method.
    private let places = Mutex<[HTTPMethod: HTTPAddress]>([:])

    /// Ranges are offered, and a strong ETag ties them to one version of the file.
    var hasRanges: Bool {
        get { ranges.load(ordering: .relaxed) }
        set { ranges.store(newValue, ordering: .relaxed) }
    }

    /// Where to ask without going all the way again.
    func place(for method: HTTPMethod) -> HTTPAddress? { places.withLock { $0[method] } }

    func note(_ place: HTTPAddress?, for method: HTTPMethod) { places.withLock { $0[method] = place } }
}
