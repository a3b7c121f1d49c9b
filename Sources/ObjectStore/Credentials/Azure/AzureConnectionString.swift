import HTTP
import Signing

/// What a storage account's portal gives to be copied as a whole: `AccountName=…;AccountKey=…;EndpointSuffix=…`. Nothing that
/// prints it shows the key or the signature in it.
public struct AzureConnectionString: Sendable {
    /// Nothing where only an endpoint is named that does not begin with it.
    public let account: String?
    /// A key or a SAS; nothing when it only says where the account is.
    public let credential: AzureCredential?
    /// Of the account's blobs, as a URL: as it stands there, or made of protocol, account and suffix.
    public let blobEndpoint: String?

    /// `place` says where it stands, for messages; those never show what stands there.
    public init(_ text: String, from place: String) throws(StoreError) {
        let fields = try AzureConnectionFields(text, place)
        if try fields.isDevelopment() {
            account = Development.account
            credential = SharedKey(account: Development.account, base64: Development.key).map(AzureCredential.key)
            blobEndpoint = "http://127.0.0.1:10000/" + Development.account
            return
        }
        let endpoint = try fields.endpoint()
        let account = try fields.account() ?? endpoint.flatMap(Self.account)
        self.account = account
        blobEndpoint = endpoint?.text
        credential = try fields.credential(of: account)
    }

    /// The emulators' own, which everybody knows.
    private enum Development {
        static let account = "devstoreaccount1"
        static let key = "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw=="
    }

    /// `https://lab.blob.core.windows.net`, also with the hyphen of a secondary place behind the name.
    private static func account(of endpoint: HTTPAddress) -> String? {
        let labels = endpoint.host.split(separator: ".")
        guard !endpoint.isNumeric, labels.count > 2, labels[1] == "blob", let first = labels.first else { return nil }
        return String(first.prefix { $0 != "-" })
    }
}

extension AzureConnectionString: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    public var description: String { "AzureConnectionString(\(account ?? "of no account"))" }
    public var debugDescription: String { description }
    public var customMirror: Mirror { Mirror(self, children: ["account": account as Any]) }
}
