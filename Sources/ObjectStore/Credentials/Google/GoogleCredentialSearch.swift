public typealias GoogleCredentialSearch = CredentialSearch<BearerToken>

extension GoogleCredentialRequest: CredentialRequest {
    public func search(on machine: CredentialMachine) -> GoogleCredentialSearch {
        CredentialSearch(of: owner, now: machine.now, signedBy: machine.signingClock) { note async throws(StoreError) in
            try await GoogleCredentialChain(request: self, machine: machine, note: note).search()
        }
    }
}
