/// The services behind the schemes. Where a service is follows from a region or from the name of an account.
public enum S3Vendor: Sendable, Hashable {
    /// `s3://`
    case amazon
    /// `r2://`: Cloudflare
    case cloudflare(account: String)
    /// `cos://`: IBM
    case ibm
    /// `oci://`: Oracle
    case oracle(namespace: String)
    /// `nebius://`
    case nebius
    /// `cw://`
    case coreweave
    /// `gs://` with HMAC keys
    case google

    /// Used when nobody names one; nothing for a service that has none.
    public var usualRegion: String? {
        switch self {
        // Every other region's buckets can be asked about here.
        case .amazon: "us-east-1"
        case .cloudflare, .google: "auto"
        case .nebius: "eu-north1"
        // The name is part of a signature, and means nothing to the service.
        case .coreweave: "us-east-1"
        case .ibm, .oracle: nil
        }
    }

    /// `variant` is for Amazon's.
    public func endpoint(region: String, _ variant: AWSVariant = AWSVariant()) -> S3Endpoint {
        let host =
            switch self {
            case .amazon: variant.hostOfS3(in: region)
            case .cloudflare(let account): "\(account).r2.cloudflarestorage.com"
            case .ibm: "s3.\(region).cloud-object-storage.appdomain.cloud"
            case .oracle(let namespace): "\(namespace).compat.objectstorage.\(region).oraclecloud.com"
            case .nebius: "storage.\(region).nebius.cloud"
            case .coreweave: "cwobject.com"
            case .google: "storage.googleapis.com"
            }
        return S3Endpoint(host: host)
    }
}
