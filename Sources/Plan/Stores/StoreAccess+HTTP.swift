import HTTP
import ObjectStore
import TaskFile

/// What an entry says, in the words of those who send requests.
extension StoreAccess {
    var trust: TLSTrust {
        switch tls {
        case .on, nil: .system
        case .off: .anybody
        case .authority(let file): .authorities(file: file)
        }
    }
}

extension WebSettings {
    init(_ access: StoreAccess) {
        self.init()
        for header in access.headers { headers.add(header.name, header.value.exposed) }
        trust = access.trust
    }
}

extension HTTPAddress {
    init(_ endpoint: Endpoint) {
        self.init(isSecure: endpoint.isSecure, host: endpoint.host, port: endpoint.port, path: endpoint.basePath)
    }

    /// For people and documents.
    var shown: String { text.hasSuffix("/") ? String(text.dropLast()) : text }
}
