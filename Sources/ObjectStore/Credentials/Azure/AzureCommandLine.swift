import Platform
import Signing

/// Who has signed in with Azure's command line, `az login`.
struct AzureCommandLine {
    private static let name = "Azure CLI"
    private static let words = [
        "account", "get-access-token", "--resource", "https://storage.azure.com/", "-o", "json",
    ]
    /// It is a large program, and asks the identity service itself.
    private static let timeoutMilliseconds = 30_000
    /// Older ones tell the end in local time, nobody knows where: such a token is used for a while that every token has.
    private static let unknownLifetime = 300

    let machine: CredentialMachine

    func find() async throws(StoreError) -> CredentialFinding<AzureCredential> {
        let environment = machine.environment
        let program = await BlockingPool.files.run { _ in environment.path(ofProgram: "az") }
        guard let program else { return .nothing(.init(Self.name, "there is no az on the PATH")) }
        let process = OperatorProgram(
            machine: machine, words: [program] + Self.words, name: Self.name,
            timeoutMilliseconds: Self.timeoutMilliseconds)
        let output: [UInt8]
        do throws(StoreError) {
            output = try await process.output()
        } catch {
            // Nobody has signed in.
            guard error.code == .noCredentials, !error.isRetryable else { throw error }
            return .nothing(.init(Self.name, error.message))
        }
        let answer = try AzureTokenAnswer(output, of: Self.name)
        return .found(
            FoundCredentials(
                value: .token(try answer.token("accessToken")),
                expiry: answer.number("expires_on") ?? machine.now() + Self.unknownLifetime,
                origin: CredentialOrigin(
                    Self.name, identity: answer.answer["tenant"].map { "of tenant \($0)".printable })))
    }
}
