public import Signing

public typealias AWSCredentialSearch = CredentialSearch<AWSCredentials>

extension CredentialSearch: AWSCredentialSource where Credential == AWSCredentials {}

extension AWSCredentialRequest: CredentialRequest {
    public func search(on machine: CredentialMachine) -> AWSCredentialSearch {
        CredentialSearch(of: owner, now: machine.now) { note async throws(StoreError) in
            try await AWSCredentialChain(request: self, machine: machine, note: note).search()
        }
    }
}
