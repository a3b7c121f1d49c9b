import ObjectStore
import Platform
import TaskFile

extension GoogleCredentialRequest {
    /// What an entry and its provider say about credentials.
    ///
    /// An endpoint that the environment names is an emulator's: what the machine has is for Google alone.
    init(_ mount: Mount) {
        let (provider, access) = (mount.provider, mount.access)
        self.init(owner: provider.map { "provider \($0.name.printable)" } ?? "the task")
        keyFile = provider?.credentials.credentialsFile
        key = provider?.credentials.credentialsJSON.map { SecretInput($0) }
        isOperators = provider?.isOperators ?? true
        isAnonymous = access.isAnonymous ?? false
        mayUseMachine = access.endpoint?.belongs(to: .gcs) ?? true
    }
}
