import HTTP
import ObjectStore
import Platform
import Signing
import Synchronization
import TestSupport
import Testing

@testable import ObjectStore

/// A machine of its own for one test: a home folder, an environment, a clock, and nobody else's credentials.
final class TestMachine: Sendable {
    let home: TemporaryFolder
    let clock = Mutex(1_800_000_000)

    init() throws {
        home = try TemporaryFolder()
        try Files.makeFolder(home.path(".aws"))
    }

    func write(_ text: String, to name: String) throws { try Files.write(text, to: home.path(name)) }

    func pass(seconds: Int) { clock.withLock { $0 += seconds } }

    var now: Int { clock.withLock { $0 } }

    /// Seconds from now, as services write it.
    func time(in seconds: Int) -> String { CivilTime(secondsSince1970: now + seconds).wireText }

    /// The metadata services of machines are switched off unless a test brings its own.
    func machine(_ variables: [String: String] = [:]) -> CredentialMachine {
        var settings = HTTPSettings()
        settings.retries.baseMilliseconds = 1
        settings.connectTimeoutMilliseconds = 1000
        settings.stallMilliseconds = 500
        var variables = variables
        let amazon = variables["AWS_EC2_METADATA_SERVICE_ENDPOINT"] ?? variables["AWS_EC2_METADATA_DISABLED"]
        if amazon == nil { variables["AWS_EC2_METADATA_DISABLED"] = "true" }
        let google = variables["GCE_METADATA_HOST"] ?? variables["GCE_METADATA_IP"]
        if google == nil { variables["NO_GCE_CHECK"] = "true" }
        if variables["AZURE_POD_IDENTITY_AUTHORITY_HOST"] == nil {
            variables["AZURE_POD_IDENTITY_AUTHORITY_HOST"] = "http://127.0.0.1:1"
        }
        if variables["PATH"] == nil { variables["PATH"] = "/usr/bin:/bin" }
        var machine = CredentialMachine(
            environment: Environment(variables), home: home.path, client: HTTPClient(settings),
            localClient: HTTPClient(settings), now: { self.now })
        // With so many tests at once, who is slow is not absent.
        machine.patienceMilliseconds = 10_000
        return machine
    }

    /// As somebody with the key file of a service account.
    func search(forKeyFile file: ServiceAccountFile) throws -> GoogleCredentialSearch {
        try write(String(decoding: file.content, as: UTF8.self), to: "key.json")
        var request = GoogleCredentialRequest(owner: "provider lab")
        request.keyFile = "~/key.json"
        return request.search(on: machine())
    }

    /// A search for what the machine has.
    func search(
        _ variables: [String: String] = [:], _ change: (inout AWSCredentialRequest) -> Void = { _ in }
    ) -> AWSCredentialSearch {
        var request = AWSCredentialRequest(owner: "provider lab")
        request.mayUseMachine = true
        change(&request)
        return request.search(on: machine(variables))
    }

    /// Nobody has signed in with Azure's command line, unless a test brings that.
    func azure(
        _ variables: [String: String] = [:], _ change: (inout AzureCredentialRequest) -> Void = { _ in }
    ) -> AzureCredentialSearch {
        var request = AzureCredentialRequest(owner: "provider lab")
        request.mayUseMachine = true
        change(&request)
        return request.search(on: machine(variables.merging(["PATH": home.path("bin")]) { given, _ in given }))
    }
}

extension CivilTime {
    var wireText: String {
        func padded(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }
        return "\(year)-\(padded(month))-\(padded(day))T\(padded(hour)):\(padded(minute)):\(padded(second))Z"
    }
}

extension CredentialSearch {
    /// The error that it must end with.
    func failure(sourceLocation: SourceLocation = #_sourceLocation) async throws -> StoreError {
        let error = await #expect(throws: StoreError.self, sourceLocation: sourceLocation) {
            try await self.credentials()
        }
        return try #require(error, sourceLocation: sourceLocation)
    }

    func found(sourceLocation: SourceLocation = #_sourceLocation) async throws -> Credential {
        try #require(try await credentials(), sourceLocation: sourceLocation)
    }
}

let exampleID = "AKIAIOSFODNN7EXAMPLE"
let exampleSecret = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"
