import HTTP
import Platform
import Signing
import TestSupport
import Testing

@testable import ObjectStore

/// Machines and apps of Azure's, whose services are imitated.
@Suite(.enabled(if: AzureIdentity.isHere, Comment(rawValue: AzureIdentity.absence)))
struct AzureManagedIdentityTests {
    private typealias Laboratory = AzureIdentity.Laboratory
    private let lab: TestMachine
    private let identity: AzureIdentity.Laboratory

    init() async throws {
        lab = try TestMachine()
        identity = try await AzureIdentity.laboratory()
        try identity.set(["now": lab.now])
    }

    private static let path = "/metadata/identity/oauth2/token"
    private static let question =
        "?api-version=2018-02-01&resource=https%3A%2F%2Fstorage.azure.com%2F"

    @Test func theMachinesOwn() async throws {
        let search = lab.azure(identity.machine)
        _ = try await search.found()
        #expect(try await search.origin().description == "managed identity " + Laboratory.client)
        // Asked once without the header that it needs, to see who is there.
        #expect(
            identity.asked.map(\.line)
                == ["", Self.question].map { "GET /\(identity.name)\(Self.path)\($0)" })
    }

    @Test(arguments: ["AZURE_CLIENT_ID", "AZURE_STORAGE_IDENTITY_CLIENT_ID"])
    func oneOfSeveral(variable: String) async throws {
        _ = try await lab.azure(identity.machine.merging([variable: Laboratory.client]) { $1 }).found()
        #expect(identity.asked.last?.line.hasSuffix("&client_id=" + Laboratory.client) == true)
        let error = try await lab.azure(identity.machine.merging([variable: "another"]) { $1 }).failure()
        #expect(error.message.contains("invalid_request: Identity not found"))
    }

    @Test func anAppsOwn() async throws {
        let search = lab.azure(identity.app.merging(identity.machine) { $1 })
        _ = try await search.found()
        #expect(try await search.origin().description == "managed identity " + Laboratory.client)
        #expect(
            identity.asked.map(\.line) == [
                "GET /\(identity.name)/msi/token?api-version=2019-08-01&resource=https%3A%2F%2Fstorage.azure.com%2F"
            ])
        let wrong = try await lab.azure(identity.app.merging(["IDENTITY_HEADER": "GEHEIMER"]) { $1 }).failure()
        #expect(wrong.code == .denied && wrong.message.contains("The header is not that of the app"))
        #expect(!wrong.message.contains("GEHEIMER"))
        // Its name goes nowhere else.
        for url in ["http://app.example.org/msi", "ftp://127.0.0.1/x", "http://10.0.0.1/msi"] {
            let error = try await lab.azure(identity.app.merging(["IDENTITY_ENDPOINT": url]) { $1 }).failure()
            #expect(error.code == .invalid && error.message.hasPrefix("IDENTITY_ENDPOINT: "))
        }
        let fabric = identity.app.merging(["IDENTITY_SERVER_THUMBPRINT": "AB"]) { $1 }
        #expect(try await lab.azure(fabric).failure().code == .unsupported)
    }

    // MARK: What services say

    @Test(arguments: [404, 410, 429, 500, 503])
    func askedAgain(status: Int) async throws {
        try identity.fail(.answer(status, "", ["Retry-After": "0"], times: 2))
        _ = try await lab.azure(identity.machine).found()
        #expect(identity.asked.count == 4)
    }

    @Test func patienceEnds() async throws {
        try identity.fail(.answer(404, times: 100))
        let error = try await quickly(identity.machine).failure()
        #expect(error.code == .unreachable && error.status == 404)
        // One to see who is there, one, and five more.
        #expect(identity.asked.count == 7)
        try identity.fail(.answer(503, times: 100))
        let busy = try await quickly(identity.machine).failure()
        #expect(busy.code == .unreachable && busy.isRetryable)
    }

    /// While the service is being updated it says 410, for up to 70 seconds.
    @Test func anUpdate() async throws {
        try identity.fail(.answer(410, times: 100))
        let time = Shared(0)
        let error = try await quickly(identity.machine, time).failure()
        #expect(error.status == 410)
        #expect((70_000...110_000).contains(time.withLock { $0 }))
    }

    @Test func noIdentity() async throws {
        try identity.fail(.answer(400, #"{"error": "invalid_request", "error_description": "Identity not found"}"#))
        let search = lab.azure(identity.machine)
        let error = try await search.failure()
        #expect(error.code == .noCredentials && error.message.contains("invalid_request: Identity not found"))
        // Somebody may have signed in.
        #expect(search.attempts.last?.source == "Azure CLI")
    }

    @Test func garbage() async throws {
        try identity.fail(.answer(200, "geheim{"))
        let error = try await lab.azure(identity.machine).failure()
        #expect(error.code == .noCredentials && error.message.contains("no JSON") && !error.message.contains("geheim"))
    }

    /// An answer that does not come is asked for again, and given up in the end.
    @Test func aServiceThatBreaksOff() async throws {
        try identity.fail(.reset)
        _ = try await lab.azure(identity.machine).found()
        try identity.fail(
            .reset, .reset, .reset, .reset, .reset, .reset, .reset, .reset, .reset, .reset, .reset, .reset)
        let error = try await quickly(identity.machine).failure()
        #expect(error.code == .unreachable && error.isRetryable)
    }

    // MARK: Machines of others

    @Test func nobodyThere() async throws {
        let error = try await lab.azure().failure()
        #expect(error.message.contains("managed identity at 127.0.0.1:1: nobody answers"))
    }

    /// Whoever takes connections and says nothing is not waited for as others are: the whole question has an end.
    @Test func silence() async throws {
        let server = try ScriptedServer { _, connection in connection.stall() }
        var machine = lab.machine([
            "AZURE_POD_IDENTITY_AUTHORITY_HOST": "http://127.0.0.1:\(server.port)", "AZURE_STORAGE_AUTH_TYPE": "msi",
        ])
        machine.localClient = HTTPClient()
        machine.patienceMilliseconds = 300
        var request = AzureCredentialRequest(owner: "tests")
        request.mayUseMachine = true
        let error = try await request.search(on: machine).failure()
        #expect(error.message.contains("127.0.0.1:\(server.port): nobody answers (in time)"))
        #expect(server.requests == 1)
    }

    @Test(.enabled(if: AzureBlob.isHere, Comment(rawValue: AzureBlob.absence)))
    func blobsAreRead() async throws {
        try identity.set(["good": AzureBlob.token])
        let container = try await AzureBlob.shared.server.makeContainer()
        try await AzureTestStore.make(container: container).put("a", "content")
        for variables in [identity.machine, identity.app] {
            let store = try await AzureTestStore.make(as: lab.azure(variables), container: container)
            #expect(try await store.text("a") == "content")
        }
    }

    /// On a machine whose waits take no time, and are added up.
    private func quickly(_ variables: [String: String], _ time: Shared<Int> = Shared(0)) -> AzureCredentialSearch {
        var machine = lab.machine(variables)
        let timing = RetryTiming(
            milliseconds: { time.withLock { $0 } }, secondsSince1970: { 1_800_000_000 },
            wait: { pause in time.withLock { $0 += pause } }, random: { $0 })
        machine.localClient = HTTPClient(machine.localClient.settings, timing: timing)
        var request = AzureCredentialRequest(owner: "tests")
        request.mayUseMachine = true
        return request.search(on: machine)
    }
}
