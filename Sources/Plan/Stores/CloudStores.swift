import HTTP
public import ObjectStore
public import Platform
public import TaskFile

/// Opens buckets of all clouds, and files on web servers, over connections and with credentials that all mounts share.
public final class CloudStores: Stores {
    let client: HTTPClient
    let environment: Environment
    let machine: CredentialMachine
    let configuration: AWSConfiguration
    let amazonSearches: CredentialSearches<AWSCredentialRequest>
    let googleSearches: CredentialSearches<GoogleCredentialRequest>
    let azureSearches: CredentialSearches<AzureCredentialRequest>

    /// `connections` is how many there are to one host at most; nothing: as many as are of use.
    public init(_ environment: Environment, home: String, connections: Int? = nil) {
        self.environment = environment
        var settings = HTTPSettings()
        // One loop moves a gigabyte or two in a second; on more threads than that no network has more to give.
        settings.loops = min(8, Threads.processors)
        if let connections {
            settings.loops = min(settings.loops, connections)
            // Each loop has the same share of them.
            settings.connectionsPerHost = connections / settings.loops * settings.loops
        }
        settings.retries = .patient
        client = HTTPClient(settings)
        configuration = AWSConfiguration(environment, home: home)
        machine = CredentialMachine(environment: environment, home: home, client: client)
        amazonSearches = CredentialSearches(on: machine)
        googleSearches = CredentialSearches(on: machine)
        azureSearches = CredentialSearches(on: machine)
    }

    public func open(_ bucket: BucketLocation, of mount: Mount) async throws(StoreError) -> OpenedStore {
        let mount = mount.found(from: machine.home)
        return switch bucket.store {
        case .gcs where !mount.hasGoogleHMACKeys: try await openGoogle(bucket, of: mount)
        case .azure: try await openAzure(bucket, of: mount)
        default: try await openS3(bucket, of: mount)
        }
    }

    /// No credentials are looked for: none would be sent.
    public func openWeb(_ source: Source, of mount: Mount) async throws(StoreError) -> OpenedStore {
        let mount = mount.found(from: machine.home)
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

    /// Who reads, told apart from everybody who may be let in elsewhere: `key` is what proves it, where that lasts as long as
    /// whose it is.
    static func reader(_ key: String?, _ origin: CredentialOrigin, _ access: StoreAccess) -> String {
        let headers = access.headers.map { "\($0.name): \($0.value.exposed)" }
        return ([key ?? "", origin.description] + headers).joined(separator: "\n")
    }
}
