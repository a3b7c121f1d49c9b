public import HTTP
public import ObjectStore

/// A store that a source is in, ready to be asked.
public struct OpenedStore: Sendable {
    public let store: any ObjectStore
    /// What its requests cost, where it sends any.
    public let meter: HTTPMeter?
    /// Where it is and as whom it is asked, for people.
    public let endpoint: String?
    public let region: String?
    public let identity: String?

    public init(
        _ store: any ObjectStore, meter: HTTPMeter? = nil, endpoint: String? = nil, region: String? = nil,
        identity: String? = nil
    ) {
        self.store = store
        self.meter = meter
        self.endpoint = endpoint
        self.region = region
        self.identity = identity
    }
}
