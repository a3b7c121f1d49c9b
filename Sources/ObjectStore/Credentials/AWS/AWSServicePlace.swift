import HTTP
import Platform

/// Where a service of Amazon's that gives credentials is asked: where the operator says, else near to the store.
struct AWSServicePlace {
    let address: HTTPAddress
    let region: AWSRegion
    let trust: TLSTrust

    /// `service` as the configuration calls it (`sts`, `sso`), `host` as its host begins.
    init(
        of service: String, host: String, region: AWSRegion, configuration: AWSConfiguration, profile: String?,
        _ environment: Environment
    ) throws(StoreError) {
        self.region = region
        trust = configuration.authorities(profile: profile).map { .authorities(file: $0) } ?? .system
        guard let named = Self.named(service, configuration, profile, environment) else {
            let variant = configuration.variant(of: service, profile: profile)
            address = HTTPAddress(isSecure: true, host: try region.host(of: host, variant))
            return
        }
        do throws(HTTPError) {
            address = try HTTPAddress(parsing: named.url)
        } catch {
            throw StoreError(.invalid, "\(named.by): \(error.message)")
        }
    }

    private static func named(
        _ service: String, _ configuration: AWSConfiguration, _ profile: String?, _ environment: Environment
    ) -> (url: String, by: String)? {
        let ignore = environment.nonEmpty("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS")?.lowercased()
        if ignore == "true" { return nil }
        for variable in ["AWS_ENDPOINT_URL_\(service.uppercased())", "AWS_ENDPOINT_URL"] {
            if let url = environment.nonEmpty(variable) { return (url, variable) }
        }
        return configuration.endpoint(of: service, profile: profile).map {
            ($0, "endpoint_url in \(configuration.config.shown)")
        }
    }

    var host: String { address.authority }
}
