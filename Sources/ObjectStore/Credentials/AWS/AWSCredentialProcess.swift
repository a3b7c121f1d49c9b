import JSON
import Platform
import Signing

/// A program of the operator's that prints keys as JSON: `credential_process`, version 1.
struct AWSCredentialProcess {
    let machine: CredentialMachine
    let command: String
    /// Who names it: "profile dev in ~/.aws/config".
    let owner: String

    func find() async throws(StoreError) -> FoundCredentials<AWSCredentials> {
        let name = "credential_process of \(owner)"
        let output = try await OperatorProgram(machine: machine, command: command, name: name).output()
        let answer = try CredentialAnswer(output, of: name)
        guard answer.json["Version"]?.wholeNumber == 1 else {
            throw StoreError(.noCredentials, "\(name): the output is not of version 1, the only one there is")
        }
        let found = try answer.found(token: "SessionToken", isTokenNeeded: false, source: name, identity: nil)
        guard found.expiry.map({ machine.now() < $0 }) ?? true else {
            throw StoreError(.expiredCredentials, "\(name): it prints credentials that have expired")
        }
        return found
    }
}
