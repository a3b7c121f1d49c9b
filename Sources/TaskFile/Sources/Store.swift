/// The kinds of places that data comes from.
public enum Store: String, Sendable, CaseIterable {
    case s3
    case gcs
    case azure
    case r2
    case cos
    case oci
    case nebius
    case coreweave
    /// A plain http(s) server.
    case web
    /// Local folders and files, also those behind `file://` and `fs://`.
    case file

    /// S3 and the services that speak its protocol.
    public static let s3Dialects: Set<Store> = [.s3, .r2, .cos, .oci, .nebius, .coreweave]
    static let buckets: Set<Store> = s3Dialects.union([.gcs, .azure])
    static let remote: Set<Store> = buckets.union([.web])

    /// What may stand behind `store:`; SkyPilot's names and the schemes' are taken as well.
    static let names: [String] = [
        "s3", "gcs", "azure", "r2", "cos", "oci", "nebius", "coreweave", "gs", "ibm", "cw",
    ]

    init?(named name: String) {
        switch name {
        case "gs": self = .gcs
        case "ibm": self = .cos
        case "cw": self = .coreweave
        default:
            guard let store = Store(rawValue: name), Store.buckets.contains(store) else { return nil }
            self = store
        }
    }

    public var displayName: String {
        switch self {
        case .s3: "S3"
        case .gcs: "Google Cloud Storage"
        case .azure: "Azure Blob Storage"
        case .r2: "Cloudflare R2"
        case .cos: "IBM Cloud Object Storage"
        case .oci: "Oracle Object Storage"
        case .nebius: "Nebius"
        case .coreweave: "CoreWeave"
        case .web: "a web server"
        case .file: "the local file system"
        }
    }
}
