import HTTP
import ObjectStore
import Platform
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

extension Mount {
    /// With the path of its file of authorities, which may begin with `~`.
    func found(from home: String) -> Mount {
        guard case .authority(let file)? = access.tls else { return self }
        var mount = self
        mount.access.tls = .authority(file: Paths.fromHome(file, home))
        return mount
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
