import HTTP
import ObjectStore
import Signing
import TaskFile

extension CloudStores {
    func openS3(_ bucket: BucketLocation, of mount: Mount) async throws(StoreError) -> OpenedStore {
        let access = mount.access
        let place = try S3Place(bucket, access).place
        var settings = S3Settings(access)
        // The machine's region is one of Amazon's; other services of S3's kind have regions of their own.
        let usual =
            bucket.store == .s3 && settings.region == nil ? configuration.namedRegion(profile: access.profile) : nil
        settings.usualRegion = usual?.name
        settings.trust = trust(of: bucket, access)
        let search = amazonSearch(for: mount)
        let origin = try await search.origin()
        let meter = HTTPMeter()
        var site = S3Site(place, bucket: bucket.bucket, usesPathStyle: access.usesPathStyle)
        let region = site.region(stated: settings.region, usual: usual?.name)
        if place == .vendor(.amazon) {
            site.variant = configuration.variant(of: "s3", profile: access.profile)
            try site.variant.checkS3(in: region)
        }
        // A key is somebody; temporary ones change all the time, but not whose they are.
        let key = try await search.credentials().flatMap { $0.sessionToken == nil ? $0.accessKeyID : nil }
        return OpenedStore(
            S3Store(site, settings, credentials: search, client: client, meter: meter), meter: meter,
            endpoint: site.endpoint(region: region).url, usualRegion: usual,
            identity: origin.description, place: "\(site.endpoint(region: region).url)/\(bucket.bucket)",
            reader: Self.reader(key, origin, access))
    }

    /// Amazon's own tools believe these also at other services of its kind.
    func trust(of bucket: BucketLocation, _ access: StoreAccess) -> TLSTrust {
        guard access.tls == nil, ![.gcs, .azure].contains(bucket.store),
            let file = configuration.authorities(profile: access.profile)
        else { return access.trust }
        return .authorities(file: file)
    }

    func amazonSearch(for mount: Mount) -> AWSCredentialSearch {
        let access = mount.access
        return amazonSearches.search(
            for: AWSCredentialRequest(
                mount, endpoint: access.endpoint,
                profileEndpoint: configuration.endpoint(of: "s3", profile: access.profile), environment))
    }
}
