import HTTP
import ObjectStore
import TaskFile

/// Which account a container is in, and where that is reached.
struct AzurePlace {
    let account: String
    /// Nothing is Azure's own place of the account.
    let service: HTTPAddress?
    /// The account's other host, where its files and folders can be moved. It is told what `service` is told, so that it has to be
    /// of Azure's own domains as well, or of this machine.
    let tree: HTTPAddress?

    /// What a connection string, or the environment, says of a place.
    typealias Found = (account: String?, blobEndpoint: String?)

    init(_ bucket: BucketLocation, _ access: StoreAccess, found: Found) throws(StoreError) {
        // Where nobody else has said it, the entry's account is that of the URL.
        let said = access.account == bucket.account ? nil : access.account
        let account = said ?? access.endpoint?.azureAccount ?? bucket.account ?? found.account
        guard let account, !account.isEmpty else {
            throw StoreError(
                .invalid,
                "the storage account is not known: write it as `account:` or https://ACCOUNT.blob.core.windows.net/…,"
                    + " or set AZURE_STORAGE_ACCOUNT")
        }
        self.account = account
        let endpoint: Endpoint?
        if let named = access.endpoint {
            (endpoint, service) = (named, HTTPAddress(named))
        } else if let text = found.blobEndpoint, found.account == nil || found.account == account {
            endpoint = Endpoint(text)
            do throws(HTTPError) {
                service = try HTTPAddress(parsing: text)
            } catch {
                throw StoreError(.invalid, "the blob endpoint of the connection string: \(error.message)")
            }
        } else {
            endpoint = bucket.endpoint
            service = endpoint.map { HTTPAddress($0) }
        }
        tree = endpoint.flatMap { Self.tree(beside: $0) }
    }

    private static func tree(beside endpoint: Endpoint) -> HTTPAddress? {
        let address = HTTPAddress(endpoint)
        guard endpoint.belongs(to: .azure) || address.isOfThisMachine else { return nil }
        return AzureSite.tree(beside: address)
    }
}
