public import HTTP

/// What users say of a container beside where it is.
public struct AzureSettings: Sendable {
    /// Of every request.
    public var headers: HTTPHeaders = [:]
    /// Of what is written: `Hot`, `Cool`, `Cold` or `Archive`.
    public var accessTier: String?
    public var encryptionScope: String?
    public var trust = TLSTrust.system

    public init() {}

    /// The headers of a request that makes an object.
    var headersOfWrites: HTTPHeaders {
        var headers: HTTPHeaders = [:]
        headers["x-ms-access-tier"] = accessTier
        headers["x-ms-encryption-scope"] = encryptionScope
        return headers
    }
}
