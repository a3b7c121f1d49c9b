/// Where a store is reached when it is not the vendor's own place.
public struct Endpoint: Sendable, Equatable {
    public var isSecure: Bool
    public var host: String
    public var port: Int?
    /// The part behind the host, without a slash at its end.
    public var basePath: String

    public var url: String {
        (isSecure ? "https://" : "http://") + host + (port.map { ":\($0)" } ?? "") + basePath
    }

    /// Nothing when the text is no `http(s)://host[:port][/path]` and no `host[:port]`. Without a scheme it is https
    /// unless `secure` says otherwise.
    public init?(_ text: String, secure: Bool? = nil) {
        var rest = text[...]
        var isSecure = secure ?? true
        if let separator = text.index(ofASCII: "://") {
            switch text[..<separator].lowercased() {
            case "https": isSecure = true
            case "http": isSecure = false
            default: return nil
            }
            rest = text[text.utf8.index(separator, offsetBy: 3)...]
        }
        guard !rest.contains(where: { "?#@".contains($0) || $0.isWhitespace }) else { return nil }
        let authority = rest.prefix { $0 != "/" }
        guard let parsed = Authority(String(authority)) else { return nil }
        self.isSecure = isSecure
        host = parsed.host
        port = parsed.port
        basePath = String(rest.dropFirst(authority.count))
        while basePath.hasSuffix("/") { basePath.removeLast() }
    }

    /// `host:port` with the port that the scheme implies, to compare endpoints.
    var authority: String { "\(host):\(port ?? (isSecure ? 443 : 80))" }

    /// The account of Azure's blob storage that this leads to: the host's first label at Azure, elsewhere the path.
    public var azureAccount: String? {
        let name = belongs(to: .azure) ? host.prefix { $0 != "." } : basePath.dropFirst().prefix { $0 != "/" }
        return AzureAccount.isName(String(name)) ? String(name) : nil
    }

    /// Whether this is a place of the store's own vendor, to which credentials of the machine may go.
    public func belongs(to store: Store) -> Bool {
        let domains: [String] =
            switch store {
            // Other services put names of their users below these domains.
            case .s3: isOfS3 ? ["amazonaws.com", "amazonaws.com.cn", "api.aws"] : []
            case .gcs: ["googleapis.com"]
            case .azure:
                [
                    "core.windows.net", "core.chinacloudapi.cn", "core.usgovcloudapi.net", "core.cloudapi.de",
                    "storage.azure.net",
                ]
            case .r2: ["r2.cloudflarestorage.com"]
            case .cos: ["cloud-object-storage.appdomain.cloud"]
            case .oci: ("." + host).contains(".objectstorage.") ? ["oraclecloud.com", "oci.customer-oci.com"] : []
            case .nebius: ["nebius.cloud"]
            case .coreweave: ["cwobject.com", "cwlota.com"]
            case .web, .file: []
            }
        return (isSecure || isOnThisMachine) && domains.contains { host == $0 || host.hasSuffix("." + $0) }
    }

    /// CoreWeave's proxy, which each of its machines has, and which speaks no TLS.
    private var isOnThisMachine: Bool { host == "cwlota.com" || host.hasSuffix(".cwlota.com") }

    /// A label of S3's own. One that merely begins with `s3-` may be the name that somebody gave a load balancer, except
    /// right before the domain, where only AWS has names (`s3-us-west-2.amazonaws.com`).
    private var isOfS3: Bool {
        let labels = host.split(separator: ".")
        let own = ["s3", "s3-fips", "s3-accelerate", "s3-accesspoint", "s3-accesspoint-fips", "s3-outposts"]
        return labels.contains { own.contains(String($0)) || $0.hasPrefix("s3express-") }
            || host.hasPrefix("s3-") && labels.count == 3
    }

    var isLinkLocal: Bool {
        Authority(host).map(\.isLinkLocal) ?? false
    }
}
