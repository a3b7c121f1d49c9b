import Foundation
import HTTP
import TestSupport
import Testing

/// What containers of Azure refuse, and what is known without asking.
@Suite(.onAzure) struct AzureRefusalTests {
    private let server: AzureBlob
    private let sandbox: BucketSandbox

    init() async throws {
        server = try await AzureBlob.shared.server
        var sandbox = try await BucketSandbox(on: server, .text(["a": "1", "b/c": "22"]))
        // Nobody asks the machine that the tests run on who it is.
        sandbox.environment["AZURE_POD_IDENTITY_AUTHORITY_HOST"] = "http://127.0.0.1:1"
        sandbox.environment["PATH"] = "/nowhere"
        self.sandbox = sandbox
    }

    /// Of the container, as Microsoft's own client makes it; from and to so many hours from now.
    private func sas(_ permissions: String, from start: Int = -1, to end: Int = 1) throws -> String {
        let script = """
            import datetime, sys
            from azure.storage.blob import generate_container_sas
            now = datetime.datetime.now(datetime.timezone.utc)
            print(generate_container_sas(
                sys.argv[1], sys.argv[2], account_key=sys.argv[3], permission=sys.argv[4],
                start=now + datetime.timedelta(hours=int(sys.argv[5])), expiry=now + datetime.timedelta(hours=int(sys.argv[6]))))
            """
        let made = try Program.run(
            [
                Judge.python, "-c", script, AzureBlob.account, sandbox.bucket, AzureBlob.keyText,
                permissions,
                "\(start)", "\(end)",
            ])
        try #require(made.status == 0, "\(made.errors)")
        return String(made.output.dropLast())
    }

    /// With a SAS in a file of the operator's and nothing in the environment.
    private func task(_ part: String = "", sas: String) throws -> CloudTask {
        var sandbox = sandbox
        for name in server.credentials.keys { sandbox.environment[name] = nil }
        try sandbox.files.folder.write(sas + "\n", to: "sas")
        let provider =
            "{provider: azure, account: \(AzureBlob.account), sas_token: {file: \(sandbox.files.path("sas"))}, "
            + "endpoint: \"http://127.0.0.1:\(sandbox.port)/\(AzureBlob.account)\"}"
        return try CloudTask(sandbox, part, providers: "providers: {lab: \(provider)}\n")
    }

    private func signature(_ sas: String) -> String {
        String(sas.split(separator: "&").first { $0.hasPrefix("sig=") }?.dropFirst(4) ?? "")
    }

    @Test func aContainerThatIsNotThere() async throws {
        let finished = try await sandbox.start(sandbox.task("azure://no-such-container")).end()
        #expect(finished.status == 66, "\(finished)")
        #expect(try Document(finished).diagnostics.contains { $0.contains("no-such-container") })
    }

    @Test func aWrongKey() async throws {
        var sandbox = sandbox
        sandbox.environment["AZURE_STORAGE_KEY"] = "d3Jvbmcga2V5"
        try await CloudTask(sandbox).expect(77, "denied", saying: "key", neverSaying: ["d3Jvbmcga2V5"])
        sandbox.environment["AZURE_STORAGE_KEY"] = "no key, hush"
        try await CloudTask(sandbox).expect(77, "no-credentials", saying: "AZURE_STORAGE_KEY", neverSaying: ["hush"])
    }

    @Test func noCredentials() async throws {
        var sandbox = sandbox
        sandbox.environment["AZURE_STORAGE_KEY"] = nil
        try await CloudTask(sandbox).expect(77, "no-credentials", saying: "AZURE_STORAGE_KEY", "anonymous")
    }

    @Test func aSharedAccessSignature() async throws {
        let good = try task(sas: sas("rl"))
        try await good.sandbox.succeed(good.task)
        good.sandbox.expect(["a": "1", "b/c": "22"])
    }

    /// Nothing is sent that cannot be of use.
    @Test(arguments: [(-3, -1, "expired-credentials", "expired at"), (2, 4, "denied", "not valid before")])
    func aSharedAccessSignatureOfAnotherTime(start: Int, end: Int, code: String, says: String) async throws {
        let sas = try sas("rl", from: start, to: end)
        var behind = sandbox
        let proxy = try behind.proxy()
        var task = try task(sas: sas)
        task.sandbox.port = proxy.port
        try await task.expect(77, code, saying: says, neverSaying: [signature(sas)])
        #expect(proxy.passages.count == 0)
    }

    /// Who may read and not list copies what is named.
    @Test func aSharedAccessSignatureWithoutListing() async throws {
        let sas = try sas("r")
        try await task(sas: sas).expect(77, "denied", saying: "permit", neverSaying: [signature(sas)])
        let one = try task("/a", sas: sas)
        try await one.sandbox.succeed(one.task)
        #expect(try TemporaryFolder.text(of: one.sandbox.files.destination) == "1")
    }

    @Test func anArchivedBlob() async throws {
        try await server.ask(.put, "/\(sandbox.bucket)/a", "comp=tier", ["x-ms-access-tier": "Archive"])
        try await CloudTask(sandbox).expect(78, "archived-object", saying: "`a`")
    }

    /// It can be had back for a while; until then it is as one that is not there.
    @Test func aBlobThatIsDeletedAndKept() async throws {
        try await server.delete("a", in: sandbox.bucket)
        let finished = try await sandbox.start(sandbox.task(sandbox.url + "/a")).end()
        #expect(finished.status == 66, "\(finished)")
        try await sandbox.succeed(sandbox.task())
        sandbox.expect(["b/c": "22"])
        try await server.ask(.put, "/\(sandbox.bucket)/a", "comp=undelete")
        try await sandbox.succeed(sandbox.task())
        sandbox.expect(["a": "1", "b/c": "22"])
    }

    /// An application that nobody knows there, or of a tenant that nobody knows.
    @Test(
        .enabled(if: AzureIdentity.isHere, Comment(rawValue: AzureIdentity.absence)),
        arguments: [
            ("AZURE_TENANT_ID", "AADSTS90002", "compare the tenant"),
            ("AZURE_CLIENT_ID", "AADSTS700016", "compare client id and tenant"),
        ]) func anApplicationOfAnotherTenant(variable: String, code: String, advice: String) async throws
    {
        let identity = try await AzureIdentity.laboratory()
        try identity.set(["good": AzureBlob.token])
        var sandbox = sandbox
        sandbox.environment["AZURE_STORAGE_KEY"] = nil
        sandbox.environment.merge(identity.authority) { $1 }
        sandbox.environment["AZURE_CLIENT_SECRET"] = AzureIdentity.Laboratory.secret
        let tenant = identity.name
        try await sandbox.succeed(sandbox.task())
        Files.removeTree(sandbox.files.destination)
        sandbox.environment[variable] = "somebody-elses"
        try await CloudTask(sandbox).expect(
            77, "denied", saying: code, advice, variable == "AZURE_TENANT_ID" ? "'somebody-elses'" : tenant,
            neverSaying: [AzureIdentity.Laboratory.secret])
    }
}
