/// Where a request goes. Path and query are percent-encoded already and are sent, and signed, byte for byte as they are:
/// what names an object must not be tidied up on the way.
public struct HTTPAddress: Sendable, Hashable {
    public var isSecure: Bool
    /// A name, an IPv4 address, or an IPv6 address in brackets.
    public var host: String
    /// When it is not the one that the scheme implies.
    public var port: Int?
    /// Begins with a slash.
    public var path: String
    /// Without the question mark; empty when there is none.
    public var query: String

    public init(isSecure: Bool, host: String, port: Int? = nil, path: String = "/", query: String = "") {
        self.isSecure = isSecure
        self.host = host
        self.port = port == (isSecure ? 443 : 80) ? nil : port
        self.path = path
        self.query = query
    }

    /// What stands in the header `Host`.
    public var authority: String { port.map { "\(host):\($0)" } ?? host }

    /// What connections are to: two addresses with the same one share them.
    var hostKey: String { (isSecure ? "s" : "p") + authority }

    public var text: String {
        (isSecure ? "https://" : "http://") + authority + path + (query.isEmpty ? "" : "?" + query)
    }
}
