public import HTTP
public import Platform
import Signing

/// A file on a web server, as a store with this one object.
///
/// Nothing of the machine's or the user's credentials is ever sent: what a server wants to know stands in the task's
/// `headers`. The URL may carry a signature in its query, so that no message shows it.
public struct WebStore: ObjectStore {
    let address: HTTPAddress
    /// The object's name, which is whatever the caller calls it.
    let key: ObjectKey
    /// The URL as it may be shown.
    let shown: String
    let settings: WebSettings
    let client: HTTPClient
    let meter: HTTPMeter?
    let facts = WebFacts()
    /// When a URL that carries its own signature ends to be good, in seconds since 1970.
    let expiry: Int?
    let now: @Sendable () -> Int

    /// No request is made before the first call.
    public init(
        _ url: String, shownAs shown: String, key: ObjectKey, _ settings: WebSettings = WebSettings(),
        client: HTTPClient, meter: HTTPMeter? = nil, now: @escaping @Sendable () -> Int = { Timestamp.secondsNow }
    ) throws(StoreError) {
        do throws(HTTPError) {
            address = try HTTPAddress(parsing: url)
        } catch {
            throw StoreError(.invalid, error.message)
        }
        self.key = key
        self.shown = shown.printable
        self.settings = settings
        self.client = client
        self.meter = meter
        self.now = now
        expiry = PresignedURL(url)?.expiry
    }

    /// Whether ranges of it can be read is known once it has been looked at.
    public func mayAskAgain() -> Bool { client.mayRepeat(meter) }

    public var capabilities: StoreCapabilities {
        var can = StoreCapabilities()
        can.rangedReads = facts.hasRanges
        can.keepsMetadata = true
        can.keysMayBeAnyBytes = true
        return can
    }

    /// Where it is, without path and query.
    public var endpoint: String { WebRedirects.origin(of: address) }

    func check(_ key: ObjectKey, _ task: String) throws(StoreError) {
        guard key == self.key else { throw StoreError(.notFound, "\(task): there is only \(self.key.shown)") }
    }

    // MARK: Requests

    /// The answer of whichever server has the file, after all that only send us on. The way there is gone once, and again when
    /// its end does not have the file any more: what one is redirected to is often signed for some minutes. `adjust` completes
    /// each request.
    func send(
        _ method: HTTPMethod, _ task: String, _ adjust: (inout HTTPRequest) -> Void = { _ in }
    ) async throws(StoreError) -> HTTPResponse {
        try checkExpiry(task)
        if let place = facts.place(for: method) {
            do throws(StoreError) {
                let (response, end) = try await walk(method, from: place, task, adjust)
                if response.isSuccess || response.status == 416 {
                    if end != place { facts.note(end, for: method) }
                    return response
                }
            } catch  where error.code == .unreachable {}
            facts.note(nil, for: method)
        }
        let (response, end) = try await walk(method, from: address, task, adjust)
        if response.isSuccess, end != address { facts.note(end, for: method) }
        return response
    }

    /// The first answer that does not send us on, and where it was given.
    private func walk(
        _ method: HTTPMethod, from start: HTTPAddress, _ task: String, _ adjust: (inout HTTPRequest) -> Void
    ) async throws(StoreError) -> (HTTPResponse, HTTPAddress) {
        var place = start
        for _ in 0...WebRedirects.most {
            var request = HTTPRequest(method, place, isIdempotent: true)
            request.trust = settings.trust
            request.meter = meter
            request.avoidsLinkLocal = true
            if WebRedirects.origin(of: place) == endpoint {
                request.headers.add(settings.headers)
            }
            adjust(&request)
            let response: HTTPResponse
            do throws(HTTPError) {
                response = try await client.send(request, to: PlainHTTPService())
            } catch {
                throw failure(error, at: place, task)
            }
            guard let next = try WebRedirects.next(after: response, from: place, task) else { return (response, place) }
            place = next
        }
        throw StoreError(
            .unreachable, "\(task): the servers redirect more than \(WebRedirects.most) times", isRetryable: false)
    }

    /// A link that is over is not asked: its server would say something about permissions.
    private func checkExpiry(_ task: String) throws(StoreError) {
        if let expiry, expiry <= now() { throw WebFailure.expired(at: expiry, task) }
    }

    /// A path may hold a secret that the task's author has put there, and that of another server is nobody's business.
    private func failure(_ error: HTTPError, at place: HTTPAddress, _ task: String) -> StoreError {
        var error = error
        let text = place == address ? shown : WebRedirects.origin(of: place)
        error.message = error.message.replacing(place.shown, with: text)
        return StoreError(error, task)
    }
}
