import HTTP
import Platform

/// What the environment says about the network, and whom connections believe.
struct MachineFindings {
    let environment: Environment

    init(_ environment: Environment) {
        self.environment = environment
    }

    var all: [Finding] { endpoints + proxies + [authorities] }

    private var endpoints: [Finding] {
        let names = ["AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL", "AZURE_STORAGE_BLOB_ENDPOINT", "STORAGE_EMULATOR_HOST"]
        let set = names.compactMap { name in
            environment.nonEmpty(name).map { Finding("endpoint", .plain, "\(name) is \(place($0))") }
        }
        return set.isEmpty ? [Finding("endpoint", .plain, "the environment names none")] : set
    }

    private var proxies: [Finding] {
        let set = Proxies.variables.compactMap { name in
            environment.nonEmpty(name).map { Finding("proxy", .plain, "\(name) is \(place($0))") }
        }
        let exceptions = Proxies.exceptionVariables.compactMap { name in
            environment.nonEmpty(name).map { Finding("proxy", .plain, "\(name) is \($0)") }
        }
        return set.isEmpty ? [Finding("proxy", .plain, "the environment names none")] : set + exceptions
    }

    /// Without what may be secret in it: a user, a password, a query.
    private func place(_ text: String) -> String {
        var rest = text[...]
        var scheme = ""
        if let range = text.firstRange(of: "://") {
            scheme = String(text[..<range.upperBound])
            rest = text[range.upperBound...]
        }
        let authority = rest.prefix { !"/?#".contains($0) }
        guard let at = authority.lastIndex(of: "@") else { return scheme + authority }
        return scheme + "***" + authority[at...]
    }

    private var authorities: Finding {
        let places = TrustStore.places
        let there = places.filter { (try? FileStatus.isThere($0)) == true }
        guard !there.isEmpty else {
            let names = places.isEmpty ? "" : ": not at " + places.joined(separator: ", ")
            return Finding("authorities", .plain, "none are found, so https cannot work\(names)")
        }
        return Finding("authorities", .good, there.joined(separator: ", "))
    }
}
