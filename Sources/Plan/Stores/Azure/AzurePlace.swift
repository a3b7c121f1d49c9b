import HTTP
import ObjectStore
import TaskFile

/// Which account a container is in, and where that is reached.
struct AzurePlace {
    let account: String
    /// Nothing is Azure's own place of the account.
    let service: HTTPAddress?

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
        if let endpoint = access.endpoint {
            service = HTTPAddress(endpoint)
        } else if let text = found.blobEndpoint, found.account == nil || found.account == account {
            do throws(HTTPError) {
                service = try HTTPAddress(parsing: text)
            } catch {
                throw StoreError(.invalid, "the blob endpoint of the connection string: \(error.message)")
            }
        } else {
            service = bucket.endpoint.map { HTTPAddress($0) }
        }
    }
}
