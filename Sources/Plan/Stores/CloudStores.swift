import HTTP
public import ObjectStore
public import Platform
import Signing
public import TaskFile

/// Opens what speaks S3, and files on web servers, over connections and with credentials that all mounts share.
public final class CloudStores: Stores {
    let client: HTTPClient
    private let searches: AWSCredentialSearches
    let configuration: AWSConfiguration
    private let environment: Environment

    public init(_ environment: Environment, home: String) {
        self.environment = environment
        var settings = HTTPSettings()
        // One loop moves a gigabyte or two in a second; on more threads than that no network has more to give.
        settings.loops = min(8, Threads.processors)
        settings.retries = .patient
        client = HTTPClient(settings)
        configuration = AWSConfiguration(environment, home: home)
        searches = AWSCredentialSearches(
            on: CredentialMachine(environment: environment, home: home, client: client))
    }

    public func open(_ bucket: BucketLocation, of mount: Mount) async throws(StoreError) -> OpenedStore {
        guard Store.s3Dialects.contains(bucket.store) else {
            throw StoreError(.unsupported, "\(bucket.store.displayName) cannot be opened by this build")
        }
        let access = mount.access
        let place = try S3Place(bucket, access).place
        var settings = S3Settings(access)
        // The machine's region is one of Amazon's; other services of S3's kind have regions of their own.
        let usual =
            bucket.store == .s3 && settings.region == nil ? configuration.namedRegion(profile: access.profile) : nil
        settings.usualRegion = usual?.name
        let search = search(for: mount)
        let origin = try await search.origin()
        let meter = HTTPMeter()
        var site = S3Site(place, bucket: bucket.bucket, usesPathStyle: access.usesPathStyle)
        let region = settings.region ?? usual?.name ?? "us-east-1"
        if place == .vendor(.amazon) {
            site.variant = configuration.variant(of: "s3", profile: access.profile)
            try site.variant.checkS3(in: region)
        }
        return OpenedStore(
            S3Store(site, settings, credentials: search, client: client, meter: meter), meter: meter,
            endpoint: site.endpoint(region: region).url, usualRegion: usual,
            identity: origin.description, place: "\(site.endpoint(region: region).url)/\(bucket.bucket)",
            reader: Self.reader(try await search.credentials(), origin, access))
    }

    /// A key is somebody; temporary ones change all the time, but not whose they are.
    private static func reader(
        _ credentials: AWSCredentials?, _ origin: CredentialOrigin, _ access: StoreAccess
    ) -> String {
        let key = credentials.map { $0.sessionToken == nil ? $0.accessKeyID : "" } ?? ""
        let headers = access.headers.map { "\($0.name): \($0.value.exposed)" }
        return ([key, origin.description] + headers).joined(separator: "\n")
    }

    func search(for mount: Mount) -> AWSCredentialSearch {
        let access = mount.access
        return searches.search(
            for: AWSCredentialRequest(
                mount, endpoint: access.endpoint,
                profileEndpoint: configuration.endpoint(of: "s3", profile: access.profile), environment))
    }

    /// No credentials are looked for: none would be sent.
    public func openWeb(_ source: Source, of mount: Mount) async throws(StoreError) -> OpenedStore {
        guard case .web(let url) = source.location else {
            throw StoreError(.unsupported, "\(source.shown) is on no web server")
        }
        let meter = HTTPMeter()
        let store = try WebStore(
            url.value, shownAs: source.shown, key: ObjectKey(source.baseName), WebSettings(mount.access),
            client: client, meter: meter)
        let identity = mount.access.headers.isEmpty ? "anonymous" : "the headers of the task"
        return OpenedStore(
            store, meter: meter, endpoint: store.endpoint, identity: identity, place: url.value, reader: identity)
    }
}
