public import HTTP
public import ObjectStore

/// A store that a source is in, ready to be asked.
public struct OpenedStore: Sendable {
    public let store: any ObjectStore
    /// What its requests cost, where it sends any.
    public let meter: HTTPMeter?
    /// Where it is and as whom it is asked, for people.
    public let endpoint: String?
    /// The region of the machine, and who says that. The bucket may turn out to be in another.
    public let usualRegion: AWSConfiguration.NamedRegion?
    public let identity: String?
    /// Which bucket of which service it is, the same for everybody who means that one.
    public let place: String
    /// Who reads it, told apart from everybody who may be let in elsewhere. Not for people.
    public let reader: String

    public init(
        _ store: any ObjectStore, meter: HTTPMeter? = nil, endpoint: String? = nil,
        usualRegion: AWSConfiguration.NamedRegion? = nil, identity: String? = nil, place: String, reader: String
    ) {
        self.store = store
        self.meter = meter
        self.endpoint = endpoint
        self.usualRegion = usualRegion
        self.identity = identity
        self.place = place
        self.reader = reader
    }

    /// The region that requests go to, once it is known.
    public var region: String? { (store as? S3Store)?.region }
}
