import Checksums

/// What a signature of version 4 covers.
public struct SignableRequest: Sendable {
    /// What the signature says of the body.
    public struct Payload: Sendable, Hashable {
        /// As `x-amz-content-sha256` has it.
        let text: String

        /// Nothing, for bodies whose hash is not known beforehand; TLS protects them.
        public static let unsigned = Payload(text: "UNSIGNED-PAYLOAD")
        public static let empty = Payload(of: [])

        private init(text: String) {
            self.text = text
        }

        public init(sha256: [UInt8]) {
            self.init(text: Hex.text(of: sha256))
        }

        public init(of body: [UInt8]) {
            self.init(sha256: SHA256.digest(body))
        }
    }

    public var method: String
    /// As the `Host` header has it: with the port when it is not the usual one.
    public var host: String
    /// Percent-encoded as it is sent, from the first slash on.
    public var path: String
    public var query: [QueryItem]
    /// Beside `Host` and what signing adds. All of them are signed, so none that a proxy may change belongs here.
    public var headers: [(name: String, value: String)]
    public var payload: Payload

    public init(
        method: String = "GET", host: String, path: String, query: [QueryItem] = [],
        headers: [(name: String, value: String)] = [], payload: Payload = .empty
    ) {
        self.method = method
        self.host = host
        self.path = path
        self.query = query
        self.headers = headers
        self.payload = payload
    }
}
