import Signing
import TestSupport
import Testing

@testable import ObjectStore

/// Keys and signatures that somebody has written down: in a request or in the environment.
struct AzureWrittenCredentialsTests {
    private static let key = AzureBlob.keyText
    private static let sas = "sp=r&sig=abc"
    private let lab: TestMachine

    init() throws { lab = try TestMachine() }

    private func shared(_ account: String) throws -> AzureCredential {
        .key(try #require(SharedKey(account: account, base64: Self.key)))
    }

    private var link: AzureCredential {
        get throws { .link(try #require(SharedAccessSignature(Self.sas))) }
    }

    // MARK: Said

    @Test func aKeyThatIsSaid() async throws {
        try lab.write(Self.key + "\n", to: "key")
        let search = lab.azure(["AZURE_STORAGE_SAS_TOKEN": Self.sas]) {
            $0.account = "lab1"
            $0.accountKey = .file("~/key")
        }
        #expect(try await search.found() == shared("lab1"))
        #expect(try await search.origin().description == "provider lab account lab1")
        #expect(search.attempts.isEmpty && search.name == "provider lab account lab1")
    }

    @Test func aSignatureThatIsSaid() async throws {
        let search = lab.azure { $0.sas = .literal("?" + Self.sas) }
        #expect(try await search.found() == link)
        #expect(try await search.origin().description == "provider lab")
    }

    @Test func aConnectionStringThatIsSaid() async throws {
        let text = "AccountName=lab1;AccountKey=\(Self.key)"
        #expect(try await lab.azure { $0.connectionString = .literal(text) }.found() == shared("lab1"))
        let error = try await lab.azure {
            $0.account = "lab2"
            $0.connectionString = .literal(text)
        }.failure()
        #expect(error.message.contains("it is of account lab1, and the store is of account lab2"))
        let empty = try await lab.azure { $0.connectionString = .literal("AccountName=lab1") }.failure()
        #expect(empty.message.contains("connection_string: it has neither AccountKey nor SharedAccessSignature"))
    }

    /// What has been replaced in its file is found when the old one is refused, and before it ends.
    @Test func filesAreReadAgain() async throws {
        try lab.write(Self.sas, to: "sas")
        let search = lab.azure { $0.sas = .file("~/sas") }
        let old = try await search.found()
        #expect(await search.renew(after: old) == false)
        try lab.write("sp=rw&sig=def", to: "sas")
        lab.pass(seconds: 3)
        #expect(await search.renew(after: old))
        #expect(try await search.found().link?.query == "sp=rw&sig=def")

        try lab.write("se=\(lab.time(in: 3600))&sig=short", to: "sas")
        let ending = lab.azure { $0.sas = .file("~/sas") }
        #expect(try await ending.found().link?.expiry == lab.now + 3600)
        try lab.write("se=\(lab.time(in: 7200))&sig=next", to: "sas")
        lab.pass(seconds: 3550)
        #expect(try await ending.found().link?.query.hasSuffix("sig=next") == true)
    }

    @Test func nobody() async throws {
        let variables = ["AZURE_STORAGE_ACCOUNT": "lab1", "AZURE_STORAGE_KEY": Self.key]
        let anonymous = lab.azure(variables) {
            $0.isAnonymous = true
            $0.sas = .literal(Self.sas)
        }
        #expect(try await anonymous.credentials() == nil)
        let elsewhere = lab.azure(variables) { $0.mayUseMachine = false }
        #expect(try await elsewhere.credentials() == nil)
        #expect(try await elsewhere.origin() == .anonymous)
    }

    // MARK: In the environment

    @Test(arguments: [
        (["AZURE_STORAGE_ACCOUNT": "lab1", "AZURE_STORAGE_KEY": AzureBlob.keyText], "environment AZURE_STORAGE_KEY"),
        (
            ["AZURE_STORAGE_ACCOUNT": "lab1", "AZURE_STORAGE_ACCESS_KEY": AzureBlob.keyText],
            "environment AZURE_STORAGE_ACCESS_KEY"
        ),
        (
            ["AZURE_STORAGE_CONNECTION_STRING": "AccountName=lab1;AccountKey=" + AzureBlob.keyText],
            "environment AZURE_STORAGE_CONNECTION_STRING"
        ),
        // The account may be that of the store.
        (["AZURE_STORAGE_KEY": AzureBlob.keyText], "environment AZURE_STORAGE_KEY"),
    ])
    func keys(variables: [String: String], source: String) async throws {
        let search = lab.azure(variables) { $0.account = "lab1" }
        #expect(try await search.found() == shared("lab1"))
        #expect(try await search.origin().description == source + " account lab1")
    }

    @Test func signatures() async throws {
        let search = lab.azure(["AZURE_STORAGE_SAS_TOKEN": Self.sas])
        #expect(try await search.found() == link)
        #expect(try await search.origin().description == "environment AZURE_STORAGE_SAS_TOKEN")
        // A key is the stronger one.
        let both = lab.azure([
            "AZURE_STORAGE_SAS_TOKEN": Self.sas, "AZURE_STORAGE_ACCOUNT": "lab1", "AZURE_STORAGE_KEY": Self.key,
        ])
        #expect(try await both.found() == shared("lab1"))
        let chosen = lab.azure([
            "AZURE_STORAGE_SAS_TOKEN": Self.sas, "AZURE_STORAGE_ACCOUNT": "lab1", "AZURE_STORAGE_KEY": Self.key,
            "AZURE_STORAGE_AUTH_TYPE": "SAS",
        ])
        #expect(try await chosen.found() == link)
    }

    /// What belongs to another account is not sent to this one.
    @Test(arguments: [
        ["AZURE_STORAGE_ACCOUNT": "other", "AZURE_STORAGE_KEY": AzureBlob.keyText],
        ["AZURE_STORAGE_ACCOUNT": "other", "AZURE_STORAGE_SAS_TOKEN": "sig=x"],
        ["AZURE_STORAGE_CONNECTION_STRING": "AccountName=other;AccountKey=" + AzureBlob.keyText],
        [
            "AZURE_STORAGE_CONNECTION_STRING":
                "BlobEndpoint=https://other.blob.core.windows.net;SharedAccessSignature=sig=x"
        ],
    ])
    func ofAnotherAccount(variables: [String: String]) async throws {
        let search = lab.azure(variables) { $0.account = "lab1" }
        let error = try await search.failure()
        #expect(error.code == .noCredentials)
        #expect(error.message.contains("it is of account other, and the store is of account lab1"))
        #expect(search.attempts.contains { $0.reason.contains("of account other") })
    }

    @Test func nothingAnywhere() async throws {
        let search = lab.azure()
        let error = try await search.failure()
        #expect(error.code == .noCredentials)
        #expect(error.message.hasSuffix("For a public container write anonymous: true"))
        #expect(
            search.attempts.map(\.source) == [
                "environment", "environment", "environment", "service principal", "workload identity",
                "managed identity at 127.0.0.1:1", "Azure CLI",
            ])
        for attempt in search.attempts { #expect(error.message.contains(attempt.description)) }
    }

    @Test func onlyTheWayThatWasChosen() async throws {
        for (kind, source) in [
            ("Key", "environment"), ("MSI", "managed identity at 127.0.0.1:1"), ("SPN", "service principal"),
            ("azcli", "Azure CLI"),
        ] {
            let search = lab.azure(["AZURE_STORAGE_AUTH_TYPE": kind])
            _ = try await search.failure()
            #expect(search.attempts.last?.source == source)
            #expect(search.attempts.count == (kind == "Key" ? 2 : 1))
        }
    }

    // MARK: Where the account is

    @Test func places() async throws {
        var request = AzureCredentialRequest(owner: "provider lab")
        func place(_ variables: [String: String] = [:]) async throws -> [String?] {
            let place = try await request.place(on: lab.machine(variables))
            return [place.account, place.blobEndpoint]
        }
        let string = "AccountName=lab1;AccountKey=\(Self.key)"
        let endpoint = "https://lab1.blob.core.windows.net"
        let environment = ["AZURE_STORAGE_CONNECTION_STRING": string, "AZURE_STORAGE_ACCOUNT": "lab9"]
        #expect(try await place(environment) == [nil, nil])
        request.mayUseMachine = true
        #expect(try await place(environment) == ["lab1", endpoint])
        #expect(try await place(["AZURE_STORAGE_ACCOUNT": "lab9"]) == ["lab9", nil])
        #expect(
            try await place(["AZURE_STORAGE_ACCOUNT": "lab9", "AZURE_STORAGE_BLOB_ENDPOINT": "http://127.0.0.1:1/lab9"])
                == ["lab9", "http://127.0.0.1:1/lab9"])
        request.account = "lab2"
        // Another account's place is not this one's.
        #expect(try await place(environment) == ["lab2", nil])
        request.account = nil
        request.connectionString = .literal("UseDevelopmentStorage=true")
        #expect(try await place(environment) == ["devstoreaccount1", "http://127.0.0.1:10000/devstoreaccount1"])
    }
}
