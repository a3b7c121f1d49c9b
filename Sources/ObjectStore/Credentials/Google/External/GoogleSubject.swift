import Platform

/// Whom somebody is to be proven to be, and how that is written.
struct GoogleSubject: Sendable {
    /// The provider, by its whole name at Google.
    let audience: String
    /// What kind of token proves it: `urn:ietf:params:oauth:token-type:jwt`.
    let type: String
    /// The account that it acts for, if it does.
    let impersonated: String?

    init(_ file: GoogleCredentialsFile) throws(StoreError) {
        audience = try file.text("audience")
        type = try file.text("subject_token_type")
        impersonated = try file.optionalText("service_account_impersonation_url")?
            .split(separator: "/").last.flatMap { $0.split(separator: ":").first }.map(String.init)
    }

    /// Persons and not programs.
    var isOfWorkforce: Bool { audience.contains("/workforcePools/") }

    /// "POOL/providers/NAME"
    var provider: String { audience.split(separator: "/").suffix(3).joined(separator: "/").printable }
}
