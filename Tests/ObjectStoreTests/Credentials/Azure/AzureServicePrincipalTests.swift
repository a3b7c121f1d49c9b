import Platform
import Signing
import TestSupport
import Testing

@testable import ObjectStore

/// Applications that prove who they are, to an imitation of Microsoft's service that verifies every field.
@Suite(.enabled(if: AzureIdentity.isHere, Comment(rawValue: AzureIdentity.absence)))
struct AzureServicePrincipalTests {
    private typealias Laboratory = AzureIdentity.Laboratory
    private let lab: TestMachine
    private let identity: AzureIdentity.Laboratory

    init() async throws {
        lab = try TestMachine()
        identity = try await AzureIdentity.laboratory()
        try identity.set(["now": lab.now])
    }

    private func search(_ variables: [String: String]) -> AzureCredentialSearch {
        lab.azure(identity.authority.merging(variables) { $1 })
    }

    @Test func aSecret() async throws {
        let search = search(["AZURE_CLIENT_SECRET": Laboratory.secret])
        guard case .token(let token) = try await search.found() else {
            Issue.record("no token")
            return
        }
        #expect(token.text.hasPrefix("token-"))
        #expect(try await search.origin().description == "service principal " + Laboratory.client)
        #expect(identity.asked.map(\.line) == ["POST /\(identity.name)/\(identity.name)/oauth2/v2.0/token"])
    }

    @Test func underTheNamesOfBlobfuse() async throws {
        let search = lab.azure([
            "AZURE_AUTHORITY_HOST": identity.url, "AZURE_STORAGE_SPN_TENANT_ID": identity.name,
            "AZURE_STORAGE_SPN_CLIENT_ID": Laboratory.client, "AZURE_STORAGE_SPN_CLIENT_SECRET": Laboratory.secret,
            "AZURE_STORAGE_AUTH_TYPE": "spn",
        ])
        _ = try await search.found()
    }

    /// The imitation verifies signature, thumbprint, audience and times with PyJWT and cryptography.
    @Test(arguments: ["text", "locked text", "store"])
    func aCertificate(form: String) async throws {
        let files = try ClientCertificateFiles(in: TemporaryFolder())
        try identity.set(["certificate": files.certificate])
        let path =
            switch form {
            case "text": try files.text()
            case "locked text": try files.textWithPassword()
            default: try files.store()
            }
        var variables = ["AZURE_CLIENT_CERTIFICATE_PATH": path]
        if form != "text" {
            variables["AZURE_CLIENT_CERTIFICATE_PASSWORD"] = ClientCertificateFiles.password
            let wrong = variables.merging(["AZURE_CLIENT_CERTIFICATE_PASSWORD": "geheimer"]) { $1 }
            let error = try await search(wrong).failure()
            #expect(error.code == .noCredentials && error.message.contains("AZURE_CLIENT_CERTIFICATE_PATH: "))
            #expect(!error.message.contains("geheimer"))
        }
        _ = try await search(variables).found()
        #expect(identity.asked.count == 1)
    }

    @Test func aCertificateThatNobodyKnows() async throws {
        let mine = try ClientCertificateFiles(in: TemporaryFolder())
        let theirs = try ClientCertificateFiles(in: TemporaryFolder())
        try identity.set(["certificate": theirs.certificate])
        let error = try await search(["AZURE_CLIENT_CERTIFICATE_PATH": mine.text()]).failure()
        #expect(error.code == .denied && error.message.contains("AADSTS700027"))
        #expect(error.message.contains("the application has to know this certificate"))
    }

    /// Nobody is asked in vain.
    @Test func aCertificateThatHasExpired() async throws {
        let files = try ClientCertificateFiles(in: TemporaryFolder(), days: 1)
        let error = try await search(["AZURE_CLIENT_CERTIFICATE_PATH": files.text()]).failure()
        #expect(error.code == .expiredCredentials && error.message.contains("the certificate has expired on 20"))
        #expect(identity.asked.isEmpty)
    }

    @Test func aClockThatIsWrong() async throws {
        let files = try ClientCertificateFiles(in: TemporaryFolder())
        try identity.set(["certificate": files.certificate, "now": lab.now + 7200])
        let error = try await search(["AZURE_CLIENT_CERTIFICATE_PATH": files.text()]).failure()
        #expect(error.code == .expiredCredentials && error.message.contains("is this machine's clock right?"))
    }

    // MARK: Refusals

    @Test func aWrongSecret() async throws {
        let error = try await search(["AZURE_CLIENT_SECRET": "GEHEIMNIS"]).failure()
        #expect(error.code == .denied && !error.message.contains("GEHEIMNIS"))
        #expect(error.message.contains(": AADSTS7000215: Invalid client secret '***' provided; give the client secret"))
        #expect(error.message.hasPrefix("service principal \(Laboratory.client) at 127.0.0.1"))
        #expect(!error.message.contains("Trace ID"))
    }

    @Test func aWrongTenantOrApplication() async throws {
        let secret = ["AZURE_CLIENT_SECRET": Laboratory.secret]
        let tenant = try await search(secret.merging(["AZURE_TENANT_ID": "nowhere.example"]) { $1 }).failure()
        #expect(tenant.code == .denied)
        #expect(tenant.message.contains("AADSTS90002: Tenant 'nowhere.example' not found; compare the tenant"))
        let client = try await search(secret.merging(["AZURE_CLIENT_ID": "someone"]) { $1 }).failure()
        #expect(client.code == .denied && client.message.contains("AADSTS700016"))
    }

    @Test(arguments: [
        (
            400,
            #"{"error": "invalid_client", "error_description": "AADSTS7000222: The secret has expired. Trace ID: 1"}"#,
            StoreError.Code.expiredCredentials, "AADSTS7000222: The secret has expired; make a new client secret"
        ),
        (401, #"{"error": "unauthorized_client"}"#, .denied, "unauthorized_client"),
        (403, "<html>no</html>", .denied, "the answer has status 403"),
        (400, #"{"error": "a\u001b[2Jb", "error_description": "AADSTS1: x\u009b. y"}"#, .denied, "AADSTS1: x\\u{9b}"),
        (302, "", .denied, "the answer has status 302"),
        (200, "garbage", .noCredentials, "the answer is no JSON"),
        (200, "{}", .noCredentials, "the answer has no access_token"),
        (200, #"{"access_token": "a"}"#, .noCredentials, "no number in expires_in or expires_on"),
    ])
    func otherAnswers(status: Int, body: String, code: StoreError.Code, says: String) async throws {
        try identity.fail(.answer(status, body))
        let error = try await search(["AZURE_CLIENT_SECRET": Laboratory.secret]).failure()
        #expect(error.code == code && error.message.contains(says), "\(error.message)")
        #expect(error.message == error.message.printable)
    }

    @Test func aServiceThatIsBusyForAMoment() async throws {
        try identity.fail(.answer(503, "", ["Retry-After": "0"]), .reset, .answer(429))
        _ = try await search(["AZURE_CLIENT_SECRET": Laboratory.secret]).found()
        #expect(identity.asked.count == 4)
    }

    /// It is asked again instead of waited for without end.
    @Test func aServiceThatSaysNothing() async throws {
        try identity.fail(.stall)
        _ = try await search(["AZURE_CLIENT_SECRET": Laboratory.secret]).found()
        #expect(identity.asked.count == 2)
    }

    @Test func aServiceThatIsAway() async throws {
        try identity.fail(.answer(500, times: 10))
        let busy = try await search(["AZURE_CLIENT_SECRET": Laboratory.secret]).failure()
        #expect(busy.code == .unreachable && busy.isRetryable && identity.asked.count == 4)
        let nobody = search([
            "AZURE_CLIENT_SECRET": Laboratory.secret, "AZURE_AUTHORITY_HOST": "http://127.0.0.1:1/",
        ])
        #expect(try await nobody.failure().code == .unreachable)
    }

    /// One end to the other: what the service gives lets blobs be read.
    @Test(.enabled(if: AzureBlob.isHere, Comment(rawValue: AzureBlob.absence)))
    func blobsAreRead() async throws {
        let container = try await AzureBlob.shared.server.makeContainer()
        try await AzureTestStore.make(container: container).put("a", "content")
        try identity.set(["good": AzureBlob.token])
        let files = try ClientCertificateFiles(in: TemporaryFolder())
        try identity.set(["certificate": files.certificate])
        for variables in [
            ["AZURE_CLIENT_SECRET": Laboratory.secret], ["AZURE_CLIENT_CERTIFICATE_PATH": try files.text()],
        ] {
            let store = try await AzureTestStore.make(as: search(variables), container: container)
            #expect(try await store.text("a") == "content")
        }
        try identity.set(["good": "another"])
        let refused = search(["AZURE_CLIENT_SECRET": Laboratory.secret])
        let store = try await AzureTestStore.make(as: refused, container: container)
        let failure = await #expect(throws: StoreError.self) { try await store.text("a") }
        #expect(failure?.code == .denied)
        #expect(failure?.message.contains("the token of service principal \(Laboratory.client)") == true)
    }
}
