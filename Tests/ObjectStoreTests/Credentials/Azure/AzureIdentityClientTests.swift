import JSON
import TestSupport
import Testing

@testable import ObjectStore

/// Microsoft's own client on the same server: what the imitation takes of us it takes of that as well.
@Suite(.enabled(if: AzureIdentity.isHere, Comment(rawValue: AzureIdentity.absence)))
struct AzureIdentityClientTests {
    private typealias Laboratory = AzureIdentity.Laboratory

    @Test func itGoesEveryWay() async throws {
        let identity = try await AzureIdentity.laboratory()
        let folder = try TemporaryFolder()
        let files = try ClientCertificateFiles(in: folder)
        try identity.set(["certificate": files.certificate])
        try folder.write(Laboratory.federated, to: "token")
        let order: JSONValue = [
            "authority": .string(identity.secureHost), "trust": .string(try TestAuthority.shared.get().file),
            "tenant": .string(identity.name), "client": .string(Laboratory.client),
            "secret": .string(Laboratory.secret), "certificate": .string(try files.text()),
            "file": .string(folder.path("token")), "machine": .string(identity.url),
            "endpoint": .string(identity.app["IDENTITY_ENDPOINT"] ?? ""), "header": .string(Laboratory.word),
        ]
        let answer = try JSONValue(
            reading: Python.run("Tests/ObjectStoreTests/Credentials/Azure/client.py", input: order.compact).utf8)
        for way in ["secret", "certificate", "workload", "machine", "one of several", "app"] {
            #expect(answer[way]?["token"]?.text?.hasPrefix("token-") == true, "\(way): \(answer[way]?.compact ?? "")")
        }
        #expect(answer["wrong secret"]?["error"]?.text?.contains("AADSTS7000215") == true)
    }

    /// Both ask the same, but for what each says of itself.
    @Test func weAskAsItDoes() async throws {
        let lab = try TestMachine()
        let identity = try await AzureIdentity.laboratory()
        try lab.write(Laboratory.federated, to: "token")
        _ = try await lab.azure(
            identity.authority.merging(["AZURE_FEDERATED_TOKEN_FILE": lab.home.path("token")]) { $1 }
        ).found()
        let body = try #require(identity.asked.first?.body)
        let names = body.split(separator: "&").map { $0.prefix { $0 != "=" } }.sorted()
        #expect(names == ["client_assertion", "client_assertion_type", "client_id", "grant_type", "scope"])
    }
}
