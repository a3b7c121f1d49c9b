/// Checks that keys go with the stores they are used for.
struct StoreFit {
    let diagnostics: Diagnostics

    func check(_ fields: Fields, _ rules: KeyRules, stores: Set<Store>, owner: String, path: String) {
        for (name, position) in fields.present {
            guard let rule = rules[name], rule.stores.isDisjoint(with: stores) else { continue }
            diagnostics.error(
                .storeConflict, "`\(rule.name)` does not go with \(owner)", hint: "it is for \(names(of: rule.stores))",
                at: position, "\(path).\(rule.name)")
        }
    }

    private func names(of stores: Set<Store>) -> String {
        switch stores {
        case Store.remote: "remote stores"
        case Store.buckets: "buckets"
        case Store.s3Dialects: "S3 and the services that speak its protocol"
        default: Store.allCases.filter(stores.contains).map(\.displayName).joined(separator: ", ")
        }
    }
}
