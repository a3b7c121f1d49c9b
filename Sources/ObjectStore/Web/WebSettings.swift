public import HTTP

/// What users say of a file on a web server beside its URL.
public struct WebSettings: Sendable {
    /// Of every request to the URL's own server, and to no other that it sends us to.
    public var headers: HTTPHeaders = [:]
    public var trust = TLSTrust.system

    public init() {}
}
