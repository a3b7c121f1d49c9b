import Checksums
import Platform
import TestSupport
import Testing

@testable import ObjectStore

/// What people, programs and services get wrong. The error says where, and nothing of what stands there: all of it has the word
/// GEHEIM in it.
@Suite(.enabled(if: AzureIdentity.isHere, Comment(rawValue: AzureIdentity.absence)))
struct AzureMalformedTests {
    struct Case: Sendable, CustomTestStringConvertible {
        let name: String
        /// What the message has to have in it, all of it.
        let says: [String]
        var variables: [String: String] = [:]
        var change: @Sendable (inout AzureCredentialRequest) -> Void = { _ in }
        /// Of files in the home folder.
        var files: [String: String] = [:]

        var testDescription: String { name }
    }

    // MARK: What is written down

    private static let badStrings: [(String, String)] = [
        ("GEHEIM", "field 1 is no NAME=VALUE"), ("AccountName=lab1;GEHEIM", "field 2 is no NAME=VALUE"),
        ("=GEHEIM", "field 1 is no NAME=VALUE"), ("Password=GEHEIM", "this is no connection string"),
        (";;", "this is no"),
        ("AccountName=GEHEIM", "AccountName is no name of an account"),
        ("AccountName=l;AccountKey=GEHEIM", "AccountName is no name of an account"),
        ("AccountName=lab1;AccountName=geheim", "AccountName stands there twice"),
        ("AccountName=lab1;accountkey=R0VIRUlN;ACCOUNTKEY=R0VIRUlN", "AccountKey stands there twice"),
        ("AccountKey=R0VIRUlN", "AccountKey stands there without AccountName"),
        ("AccountName=lab1;AccountKey=GEHEIM!", "AccountKey: this is no key"),
        ("AccountName=lab1;AccountKey=GEHEIM=", "AccountKey: this is no key"),
        ("AccountName=lab1;DefaultEndpointsProtocol=GEHEIM", "DefaultEndpointsProtocol is neither https nor http"),
        ("AccountName=lab1;EndpointSuffix=GEHEIM/x?", "EndpointSuffix is no end of a host's name"),
        ("AccountName=lab1;EndpointSuffix=GE HEIM", "EndpointSuffix is no end of a host's name"),
        ("BlobEndpoint=GEHEIM", "BlobEndpoint is no address"), ("BlobEndpoint=ftp://GEHEIM/x", "BlobEndpoint is no"),
        ("BlobEndpoint=https://GEHEIM@x.org", "BlobEndpoint is no address"),
        ("BlobEndpoint=https://x.org/?sig=GEHEIM", "BlobEndpoint is no address: a query behind"),
        ("UseDevelopmentStorage=GEHEIM", "UseDevelopmentStorage is neither true nor false"),
        ("AccountName=lab1;SharedAccessSignature=sp=r&GEHEIM", "SharedAccessSignature: this is no SAS"),
        ("AccountName=lab1;SharedAccessSignature=se=GEHEIM&sig=x", "SharedAccessSignature: this is no SAS"),
    ]

    private static let badSignatures = [
        "GEHEIM", "sp=r&se=2027-01-01", "sig=", "se=GEHEIM&sig=x", "st=GEHEIM&sig=x", "sig=GEHEIM GEHEIM",
        "sig=x#GEHEIM", "https://lab1.blob.core.windows.net/data?sig=GEHEIM",
    ]
    private static let badKeys = ["GEHEIM!", "GEHEIM=", "G", "GEHEIM==GEHEIM", "sig=GEHEIM"]

    private static var written: [Case] {
        let strings = badStrings.flatMap { text, says in
            [
                Case(
                    name: "connection string of the environment: \(text)",
                    says: ["AZURE_STORAGE_CONNECTION_STRING: ", says],
                    variables: ["AZURE_STORAGE_CONNECTION_STRING": text]),
                Case(
                    name: "connection string of a provider: \(text)",
                    says: ["provider lab: connection_string: ", says],
                    change: { $0.connectionString = .literal(text) }),
            ]
        }
        let signatures = badSignatures.flatMap { text in
            [
                Case(
                    name: "SAS of the environment: \(text)", says: ["AZURE_STORAGE_SAS_TOKEN: this is "],
                    variables: ["AZURE_STORAGE_SAS_TOKEN": text]),
                Case(
                    name: "SAS of a file: \(text)", says: ["provider lab: sas_token: this is "],
                    change: { $0.sas = .file("~/sas") }, files: ["sas": text]),
            ]
        }
        let keys = badKeys.flatMap { text in
            [
                Case(
                    name: "key of the environment: \(text)", says: ["AZURE_STORAGE_ACCESS_KEY: this is no key"],
                    variables: ["AZURE_STORAGE_ACCESS_KEY": text, "AZURE_STORAGE_ACCOUNT": "lab1"]),
                Case(
                    name: "key of a provider: \(text)", says: ["provider lab: account_key: this is no key"],
                    change: {
                        $0.account = "lab1"
                        $0.accountKey = .literal(text)
                    }),
            ]
        }
        return strings + signatures + keys + places
    }

    private static let places = [
        Case(
            name: "a key of nobody", says: ["account_key without an account"],
            change: { $0.accountKey = .literal("R0VIRUlN") }),
        Case(
            name: "a key of nobody in the environment", says: ["has AZURE_STORAGE_KEY but no AZURE_STORAGE_ACCOUNT"],
            variables: ["AZURE_STORAGE_KEY": "R0VIRUlN"]),
        Case(
            name: "two lines", says: ["sas_token in ~/sas has control characters or more than one line"],
            change: { $0.sas = .file("~/sas") }, files: ["sas": "sig=GEHEIM\nGEHEIM"]),
        Case(name: "no file", says: ["sas_token: ~/none cannot be read"], change: { $0.sas = .file("~/none") }),
        Case(
            name: "a way that nobody knows", says: ["AZURE_STORAGE_AUTH_TYPE is key, sas, msi, spn, azcli, not psk"],
            variables: ["AZURE_STORAGE_AUTH_TYPE": "psk"]),
    ]

    // MARK: What applications have

    private static let principal = [
        "AZURE_TENANT_ID": "t", "AZURE_CLIENT_ID": "c", "AZURE_AUTHORITY_HOST": "http://127.0.0.1:1",
    ]

    private static func application(_ name: String, _ says: [String], _ variables: [String: String?]) -> Case {
        var all: [String: String] = principal
        for (name, value) in variables { all[name] = value }
        return Case(name: name, says: says, variables: all)
    }

    private static func file(_ name: String, _ content: String, _ says: String) -> Case {
        Case(
            name: "certificate: \(name)", says: ["AZURE_CLIENT_CERTIFICATE_PATH: ~/file", says],
            variables: principal.merging(["AZURE_CLIENT_CERTIFICATE_PATH": "~/file"]) { $1 }, files: ["file": content])
    }

    private static var applications: [Case] {
        let secret = ["AZURE_CLIENT_SECRET": "GEHEIM"] as [String: String?]
        return [
            application(
                "a secret of no tenant", ["the environment has AZURE_CLIENT_SECRET but no AZURE_TENANT_ID"],
                secret.merging(["AZURE_TENANT_ID": nil]) { $1 }),
            application(
                "a secret of nobody", ["the environment has AZURE_CLIENT_SECRET but no AZURE_CLIENT_ID"],
                secret.merging(["AZURE_CLIENT_ID": nil]) { $1 }),
            application(
                "a token of nobody", ["the environment has AZURE_FEDERATED_TOKEN_FILE but no AZURE_CLIENT_ID"],
                ["AZURE_FEDERATED_TOKEN_FILE": "~/token", "AZURE_CLIENT_ID": nil]),
            application(
                "a tenant that is a path", ["AZURE_TENANT_ID is no tenant's id"],
                secret.merging(["AZURE_TENANT_ID": "GEHEIM/../x"]) { $1 }),
            application(
                "a tenant that is a line", ["AZURE_TENANT_ID is no tenant's id"],
                secret.merging(["AZURE_TENANT_ID": "a\r\nGEHEIM"]) { $1 }),
            application(
                "an authority without TLS", ["AZURE_AUTHORITY_HOST begins with http://"],
                secret.merging(["AZURE_AUTHORITY_HOST": "http://geheim.example.org"]) { $1 }),
            application(
                "an authority that looks like this machine", ["AZURE_AUTHORITY_HOST begins with http://"],
                secret.merging(["AZURE_AUTHORITY_HOST": "http://127.0.0.1.geheim.example.org"]) { $1 }),
            application(
                "an authority with a password", ["AZURE_AUTHORITY_HOST: a URL with a user name"],
                secret.merging(["AZURE_AUTHORITY_HOST": "https://GEHEIM@login.example.org"]) { $1 }),
            application(
                "an authority with a query", ["AZURE_AUTHORITY_HOST has a query"],
                secret.merging(["AZURE_AUTHORITY_HOST": "https://login.example.org/?GEHEIM"]) { $1 }),
            application(
                "a secret of two lines", ["AZURE_CLIENT_SECRET has control characters"],
                ["AZURE_CLIENT_SECRET": "GEHEIM\nGEHEIM"]),
            application(
                "no token file", ["AZURE_FEDERATED_TOKEN_FILE: ~/none cannot be read"],
                ["AZURE_FEDERATED_TOKEN_FILE": "~/none"]),
            application(
                "no certificate", ["AZURE_CLIENT_CERTIFICATE_PATH: ~/none cannot be read"],
                ["AZURE_CLIENT_CERTIFICATE_PATH": "~/none"]),
            Case(
                name: "an empty token file", says: ["AZURE_FEDERATED_TOKEN_FILE in ~/token is empty"],
                variables: principal.merging(["AZURE_FEDERATED_TOKEN_FILE": "~/token"]) { $1 }, files: ["token": "\n"]),
            Case(
                name: "a token file of two lines", says: ["AZURE_FEDERATED_TOKEN_FILE in ~/token has control"],
                variables: principal.merging(["AZURE_FEDERATED_TOKEN_FILE": "~/token"]) { $1 },
                files: ["token": "GEHEIM\nGEHEIM"]),
        ] + certificates
    }

    private static let certificates = [
        file("nothing", "", "this is neither PEM nor PKCS #12"),
        file("something", "GEHEIM", "this is neither PEM nor PKCS #12"),
        file(
            "a key that is none", "-----BEGIN PRIVATE KEY-----\nGEHEIM\n-----END PRIVATE KEY-----\n",
            "this is no private key in PEM"),
        file(
            "a certificate alone", "-----BEGIN CERTIFICATE-----\nGEHEIM\n-----END CERTIFICATE-----\n",
            "this is no private key in PEM"),
        file("half of it", "-----BEGIN PRIVATE KEY-----\nGEHEIM", "this is no private key in PEM"),
    ]

    // MARK: What services answer

    private static let answers: [(String, String)] = [
        ("GEHEIM", "the answer is no JSON"), ("", "the answer is no JSON"), ("[\"GEHEIM\"]", "has no access_token"),
        (#"{"access_token": ""}"#, "has no access_token"),
        (#"{"access_token": 7, "x": "GEHEIM"}"#, "has no access_token"),
        (#"{"access_token": "GEHEIM GEHEIM", "expires_in": 1}"#, "access_token has characters"),
        (#"{"access_token": "GEHEIM\r\nx: y", "expires_in": 1}"#, "access_token has characters"),
        (#"{"access_token": "GEHEIM"}"#, "no number in expires_in or expires_on"),
        (#"{"access_token": "GEHEIM", "expires_in": "soon"}"#, "no number in expires_in or expires_on"),
        (#"{"access_token": "GEHEIM", "expires_in": -1}"#, "no number in expires_in or expires_on"),
        (#"{"access_token": "GEHEIM", "expires_on": 9223372036854775807}"#, "no number in expires_in or expires_on"),
        (#"{"access_token": "GEHEIM", "expires_on": 1.5}"#, "no number in expires_in or expires_on"),
    ]

    @Test(arguments: answers)
    func ofServices(body: String, says: String) async throws {
        let lab = try TestMachine()
        let identity = try await AzureIdentity.laboratory()
        let secret = ["AZURE_CLIENT_SECRET": AzureIdentity.Laboratory.secret]
        for variables in [identity.authority.merging(secret) { $1 }, identity.app, identity.machine] {
            try identity.fail(.answer(200, body))
            let error = try await lab.azure(variables).failure()
            #expect(error.code == .noCredentials && error.message.contains(says), "\(error.message)")
            #expect(error.message.contains("127.0.0.1:") && !error.message.contains("GEHEIM"), "\(error.message)")
        }
    }

    @Test(arguments: written + applications)
    func writtenDown(_ mistake: Case) async throws {
        let lab = try TestMachine()
        for (name, content) in mistake.files { try lab.write(content, to: name) }
        let error = try await lab.azure(mistake.variables, mistake.change).failure()
        for words in mistake.says { #expect(error.message.contains(words), "\(error.message)") }
        #expect(!error.message.uppercased().contains("GEHEIM"), "\(error.message)")
        #expect(!error.message.contains("R0VIRUlN") && error.message == error.message.printable)
        #expect(error.code == .noCredentials || error.code == .invalid)
    }

    /// A certificate of an elliptic curve, and the key of another.
    @Test func certificatesThatDoNotFit() async throws {
        let lab = try TestMachine()
        let elliptic = try ClientCertificateFiles(
            in: TemporaryFolder(), algorithm: ["ec", "-pkeyopt", "ec_paramgen_curve:P-256"])
        let folder = try TemporaryFolder()
        let one = try ClientCertificateFiles(in: folder)
        let other = try ClientCertificateFiles(in: TemporaryFolder())
        try folder.write(
            TemporaryFolder.text(of: one.certificate) + TemporaryFolder.text(of: other.key), to: "mixed.pem")
        for (path, says) in [
            (try elliptic.text(), "this is no RSA key"), (folder.path("mixed.pem"), "is not that of the certificate"),
            (one.key, "there is no certificate beside the key"), (one.certificate, "this is no private key in PEM"),
            (try one.store(), "is the password right?"), (try one.textWithPassword(), "this is no private key in PEM"),
            (folder.path, "cannot be read"),
        ] {
            let variables = Self.principal.merging(["AZURE_CLIENT_CERTIFICATE_PATH": path]) { $1 }
            let error = try await lab.azure(variables).failure()
            #expect(error.code == .noCredentials && error.message.contains(says), "\(error.message)")
            #expect(error.message.hasPrefix("AZURE_CLIENT_CERTIFICATE_PATH: "))
        }
    }
}
