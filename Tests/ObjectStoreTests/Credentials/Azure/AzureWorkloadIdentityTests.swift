import Platform
import TestSupport
import Testing

@testable import ObjectStore

@Suite(.enabled(if: AzureIdentity.isHere, Comment(rawValue: AzureIdentity.absence)))
struct AzureWorkloadIdentityTests {
    private typealias Laboratory = AzureIdentity.Laboratory
    private let lab: TestMachine
    private let identity: AzureIdentity.Laboratory

    init() async throws {
        lab = try TestMachine()
        identity = try await AzureIdentity.laboratory()
        try lab.write(Laboratory.federated + "\n", to: "token")
    }

    private var variables: [String: String] {
        identity.authority.merging(["AZURE_FEDERATED_TOKEN_FILE": lab.home.path("token")]) { $1 }
    }

    @Test func theFileIsReadAgain() async throws {
        let search = lab.azure(variables)
        let first = try await search.found()
        #expect(try await search.origin().description == "workload identity " + Laboratory.client)
        try identity.set(["federated": "second"])
        try lab.write("second", to: "token")
        #expect(await search.renew(after: first))
        #expect(try await search.found() != first)
        let bodies = identity.asked.map(\.body)
        #expect(bodies.count == 2 && bodies[1].contains("client_assertion=second"))
    }

    @Test func aTokenThatHasExpired() async throws {
        let text = "AADSTS700024: Client assertion is not within its valid time range. Current time: 1."
        try identity.fail(.answer(401, #"{"error": "invalid_client", "error_description": "\#(text)"}"#))
        let error = try await lab.azure(variables).failure()
        #expect(error.code == .expiredCredentials)
        #expect(error.message.contains("the token in AZURE_FEDERATED_TOKEN_FILE has to be replaced in time"))
        #expect(!error.message.contains("geheim"))
    }

    @Test func anIssuerThatIsNotTrusted() async throws {
        let text = "AADSTS70021: No matching federated identity record found for \(Laboratory.federated). Check it."
        try identity.fail(.answer(400, #"{"error": "invalid_request", "error_description": "\#(text)"}"#))
        let error = try await lab.azure(variables).failure()
        #expect(error.code == .denied && error.message.contains("AADSTS70021: No matching federated identity record"))
        #expect(error.message.contains("has to trust issuer and subject") && !error.message.contains("geheim"))
    }

    @Test(.enabled(if: AzureBlob.isHere, Comment(rawValue: AzureBlob.absence)))
    func blobsAreRead() async throws {
        try identity.set(["good": AzureBlob.token])
        let container = try await AzureBlob.shared.server.makeContainer()
        try await AzureTestStore.make(container: container).put("a", "content")
        let store = try await AzureTestStore.make(as: lab.azure(variables), container: container)
        #expect(try await store.text("a") == "content")
    }
}
