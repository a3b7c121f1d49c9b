import HTTP

/// Where Microsoft's identity service gives tokens to those of a tenant: the public cloud's, or that of AZURE_AUTHORITY_HOST. What
/// tokens are for is the same everywhere.
struct AzureAuthority {
    private static let variable = "AZURE_AUTHORITY_HOST"
    private static let usual = "https://login.microsoftonline.com"

    let tenant: String
    /// What is asked for tokens.
    let address: HTTPAddress

    /// `variable` names the one that says which tenant.
    init(tenant: String, of variable: String, _ environment: AzureEnvironment) throws(StoreError) {
        // It becomes part of a path.
        guard !tenant.isEmpty,
            tenant.allSatisfy({ $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "-" || $0 == ".") }),
            tenant != ".", tenant != ".."
        else {
            throw StoreError(
                .invalid, "\(variable) is no tenant's id or domain: those have letters, digits, hyphens and dots")
        }
        var address = try Self.host(environment[Self.variable] ?? Self.usual)
        address.path += "/\(tenant)/oauth2/v2.0/token"
        self.tenant = tenant
        self.address = address
    }

    /// Secrets are sent there: without TLS only to this machine itself.
    private static func host(_ text: String) throws(StoreError) -> HTTPAddress {
        var address: HTTPAddress
        do throws(HTTPError) {
            address = try HTTPAddress(parsing: text.contains("://") ? text : "https://" + text)
        } catch {
            throw StoreError(.invalid, "\(variable): \(error.message)")
        }
        guard address.isSecure || address.isOfThisMachine else {
            throw StoreError(.invalid, "\(variable) begins with http://, and secrets go over https only")
        }
        guard address.query.isEmpty else { throw StoreError(.invalid, "\(variable) has a query behind it") }
        while address.path.hasSuffix("/") { address.path.removeLast() }
        return address
    }
}
