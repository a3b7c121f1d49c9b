/// What curl's options depend on, but for address and headers. A copy of many objects makes thousands of requests of the same
/// kind, and curl takes longer to be told of forty options than to write a request.
struct RequestKind: Equatable {
    private let method: HTTPMethod
    private let isSecure: Bool
    private let trust: TLSTrust
    private let proxy: Proxies.Proxy?
    private let isIdempotent: Bool
    private let receiveBuffer: Int
    private let looksUpAnew: Bool

    /// Nothing for a request with a body: each of those is of its own kind.
    init?(of transfer: Transfer) {
        let request = transfer.request
        guard request.body == nil else { return nil }
        method = request.method
        isSecure = request.address.isSecure
        trust = request.trust
        proxy = transfer.proxy
        isIdempotent = request.isIdempotent
        receiveBuffer = request.receiveBuffer
        looksUpAnew = transfer.looksUpAnew
    }
}
