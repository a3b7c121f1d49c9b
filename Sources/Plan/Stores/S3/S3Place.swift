import HTTP
import ObjectStore
import TaskFile

/// Where a bucket of S3, or of what speaks its protocol, is.
struct S3Place {
    let place: S3Site.Place

    init(_ bucket: BucketLocation, _ access: StoreAccess) throws(StoreError) {
        if let endpoint = access.endpoint {
            place = .endpoint(
                S3Endpoint(
                    isSecure: endpoint.isSecure, host: endpoint.host, port: endpoint.port, basePath: endpoint.basePath))
            return
        }
        switch bucket.store {
        case .r2: place = .vendor(.cloudflare(account: try Self.account(access, "the account id of Cloudflare")))
        case .oci:
            place = .vendor(.oracle(namespace: try Self.account(access, "the namespace of Oracle's object storage")))
            try Self.demandRegion(access, bucket.store)
        case .cos:
            place = .vendor(.ibm)
            try Self.demandRegion(access, bucket.store)
        case .nebius: place = .vendor(.nebius)
        case .coreweave: place = .vendor(.coreweave)
        case .gcs: place = .vendor(.google)
        default: place = .vendor(.amazon)
        }
    }

    private static func account(_ access: StoreAccess, _ what: String) throws(StoreError) -> String {
        guard let account = access.account, !account.isEmpty else {
            throw StoreError(.invalid, "\(what) is not known: write it as `account:`, or name an endpoint")
        }
        return account
    }

    private static func demandRegion(_ access: StoreAccess, _ store: Store) throws(StoreError) {
        guard access.region == nil else { return }
        throw StoreError(.invalid, "\(store.displayName) needs a region: write it as `region:`, or name an endpoint")
    }
}

extension S3Settings {
    init(_ access: StoreAccess) {
        self.init()
        region = access.region
        requesterPays = access.requesterPays ?? false
        for header in access.headers { headers.add(header.name, header.value.exposed) }
        acl = access.acl
        storageClass = access.storageClass
        serverSideEncryption = access.serverSideEncryption
        kmsKeyID = access.kmsKeyID
    }
}

extension S3Endpoint {
    /// For people and documents.
    var url: String { (isSecure ? "https://" : "http://") + host + (port.map { ":\($0)" } ?? "") + basePath }
}
