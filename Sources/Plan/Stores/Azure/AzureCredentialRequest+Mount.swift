import ObjectStore
import Platform
import TaskFile

extension AzureCredentialRequest {
    /// What an entry and its provider say about credentials.
    init(_ mount: Mount, _ bucket: BucketLocation, _ environment: Environment) {
        let (provider, access) = (mount.provider, mount.access)
        self.init(owner: provider.map { "provider \($0.name.printable)" } ?? "the task")
        account = access.account
        isAnonymous = access.isAnonymous ?? false
        mayUseMachine = MachineCredentials.mayGo(
            to: access.endpoint ?? bucket.endpoint, of: .azure, environment, profileEndpoint: nil)
        guard let credentials = provider?.credentials else { return }
        // Supervisely's word for the account is the access key.
        accountName = credentials.accessKey.map { SecretInput($0) }
        accountKey = (credentials.accountKey ?? credentials.secretKey).map { SecretInput($0) }
        sas = credentials.sasToken.map { SecretInput($0) }
        connectionString = credentials.connectionString.map { SecretInput($0) }
    }
}
