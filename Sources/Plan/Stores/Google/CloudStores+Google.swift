import HTTP
import ObjectStore
import Platform
import TaskFile

extension CloudStores {
    func openGoogle(_ bucket: BucketLocation, of mount: Mount) async throws(StoreError) -> OpenedStore {
        let access = mount.access
        let service = googleService(access)
        let site = GCSSite(bucket: bucket.bucket, service: service)
        let settings = try GCSSettings(access, environment)
        let search = googleSearch(for: mount)
        let origin = try await search.origin()
        let meter = HTTPMeter()
        return OpenedStore(
            GCSStore(site, settings, tokens: search, client: client, meter: meter), meter: meter,
            endpoint: service.shown, identity: origin.description, place: "\(service.shown)/\(bucket.bucket)",
            reader: Self.reader(nil, origin, access))
    }

    func googleService(_ access: StoreAccess) -> HTTPAddress {
        access.endpoint.map { HTTPAddress($0) } ?? .googleStorage
    }

    func googleSearch(for mount: Mount) -> GoogleCredentialSearch {
        googleSearches.search(for: GoogleCredentialRequest(mount))
    }
}

extension Mount {
    /// Keys of Google's for what speaks S3: its XML interface takes nothing else, and they open nothing else.
    var hasGoogleHMACKeys: Bool {
        provider?.store == .gcs && provider?.credentials.accessKey != nil && provider?.credentials.secretKey != nil
    }
}

extension GCSSettings {
    init(_ access: StoreAccess, _ environment: Environment) throws(StoreError) {
        self.init()
        if access.requesterPays ?? false {
            guard let project = access.project ?? environment.nonEmpty("GOOGLE_CLOUD_PROJECT") else {
                throw StoreError(.invalid, "requester_pays needs the project that pays: write it as `project:`")
            }
            userProject = project
        }
        for header in access.headers { headers.add(header.name, header.value.exposed) }
        storageClass = access.storageClass
        kmsKeyName = access.kmsKeyID
        trust = access.trust
    }
}
