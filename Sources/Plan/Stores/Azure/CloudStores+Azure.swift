import HTTP
import ObjectStore
import Platform
import TaskFile

extension CloudStores {
    func openAzure(_ bucket: BucketLocation, of mount: Mount) async throws(StoreError) -> OpenedStore {
        let access = mount.access
        let (site, request) = try await azureSite(bucket, of: mount)
        let search = azureSearches.search(for: request)
        let origin = try await search.origin()
        let meter = HTTPMeter()
        return OpenedStore(
            AzureStore(
                site, AzureSettings(access), credentials: search,
                client: client, meter: meter), meter: meter,
            endpoint: site.service.shown, identity: origin.description, place: "\(site.service.shown)/\(bucket.bucket)",
            reader: Self.reader(nil, origin, access))
    }

    /// Where a container is, and the request for credentials that are for its account.
    func azureSite(
        _ bucket: BucketLocation, of mount: Mount
    ) async throws(StoreError) -> (site: AzureSite, request: AzureCredentialRequest) {
        var request = AzureCredentialRequest(mount, bucket, environment)
        let place = try AzurePlace(bucket, mount.access, found: try await request.place(on: machine))
        request.account = place.account
        let site = AzureSite(
            account: place.account, container: bucket.bucket, service: place.service, tree: place.tree)
        return (site, request)
    }

    /// Those for the account if it is known, else those for any.
    func azureSearch(for mount: Mount, _ bucket: BucketLocation) async -> AzureCredentialSearch {
        let known = try? await azureSite(bucket, of: mount).request
        return azureSearches.search(for: known ?? AzureCredentialRequest(mount, bucket, environment))
    }
}

extension AzureSettings {
    init(_ access: StoreAccess) {
        self.init()
        for header in access.headers { headers.add(header.name, header.value.exposed) }
        accessTier = access.storageClass
        trust = access.trust
    }
}
