import Foundation
import TestSupport
import Testing

/// Whom copies believe over https where neither a provider nor the entry names an authority: those of the system, in whose place
/// the environment may name others.
@Suite struct S3TrustTests {
    private let files: CopySandbox
    private let authority: TestAuthority

    init() throws {
        files = try CopySandbox()
        authority = try TestAuthority.shared.get()
    }

    /// From a bucket there, or of a file of the server as anybody gets it.
    private func copy(
        _ scheme: String, _ server: ScriptedServer, _ variables: [String: String], _ options: [String] = [],
        _ keys: String = ""
    ) async throws -> Finished {
        let place = "https://localhost:\(server.port)"
        let source = scheme == "s3" ? "s3://data" : place + "/data/a"
        let task =
            "file_mounts: {\"\(files.destination)/\": {source: \"\(source)\", mode: COPY\(keys.isEmpty ? "" : ", " + keys)}}"
        return try await Program.start(
            try files.words(task, options),
            environment: AmazonStandIn.environment(place).merging(variables) { $1 }, in: files.folder.path
        ).end()
    }

    private func serve(_ name: String) throws -> ScriptedServer {
        try AmazonStandIn(objects: ["a": .init("content")]).serve(identity: try authority.identity(name))
    }

    /// As OpenSSL's programs make one: with links that are named after who they lead to.
    private func folderOfAuthorities() throws -> String {
        let folder = files.path("trusted")
        try Files.makeFolder(folder)
        try files.folder.write(TemporaryFolder.text(of: authority.file), to: "trusted/authority.pem")
        let done = try Program.run(["openssl", "rehash", folder])
        try #require(done.status == 0, "\(done.errors)")
        return folder
    }

    @Test(arguments: ["SSL_CERT_FILE", "SSL_CERT_DIR"], ["s3", "https"])
    func authoritiesOfTheEnvironment(variable: String, scheme: String) async throws {
        let server = try serve("good")
        let value = variable == "SSL_CERT_FILE" ? authority.file : try folderOfAuthorities()
        let finished = try await copy(scheme, server, [variable: value])
        #expect(finished.status == 0, "\(finished.output)\(finished.errors)")
        #expect(files.content("dst/a") == "content")
    }

    /// Amazon's own tools have names of their own for that. What an entry says is stronger, and files of the web are not Amazon's.
    @Test(arguments: ["AWS_CA_BUNDLE", "ca_bundle"]) func authoritiesOfAmazonsTools(name: String) async throws {
        let server = try serve("good")
        var variables = [name: authority.file]
        if name == "ca_bundle" {
            try files.folder.write("[default]\nca_bundle = \(authority.file)\n", to: "config")
            variables = ["AWS_CONFIG_FILE": files.path("config")]
        }
        let finished = try await copy("s3", server, variables)
        #expect(finished.status == 0, "\(finished.output)\(finished.errors)")
        #expect(files.content("dst/a") == "content")
        #expect(try await copy("https", server, variables).status == 69)
        #expect(try await copy("s3", server, variables, ["--force"], "tls_verify: true").status == 69)
    }

    /// Also the service that gives the keys is believed then, and nobody else's.
    @Test(arguments: [true, false]) func whoGivesKeys(isNamed: Bool) async throws {
        let bucket = AmazonStandIn(objects: ["a": .init("content")])
        let server = try bucket.serve()
        let keys = try MachineKeys(in: .webIdentity, files, identity: try authority.identity("good"))
        var variables = keys.variables
        variables["AWS_ENDPOINT_URL_S3"] = "http://127.0.0.1:\(server.port)"
        variables["AWS_CA_BUNDLE"] = isNamed ? authority.file : nil
        let finished = try await Program.start(
            try files.words("file_mounts: {\(files.destination): s3://data}", []), environment: variables,
            in: files.folder.path
        ).end()
        #expect(finished.status == (isNamed ? 0 : 69), "\(finished.output)\(finished.errors)")
        #expect(keys.count == (isNamed ? 1 : 0))
        #expect(bucket.log.requests.allSatisfy { $0["Authorization"]?.contains(MachineKeys.id) == true })
    }

    /// By whom a server is known that is not believed, who is believed instead, and what is said of it.
    static let doubts: [(certificate: String, trusted: String, reason: String)] = [
        ("other", "its own", "no alternative certificate subject name matches"),
        ("expired", "its own", "certificate has expired"),
        ("good", "another", "unable to get local issuer certificate"),
        ("good", "none", "unable to get local issuer certificate"),
    ]

    /// It is told where and why, and that comes before the first request: nothing is asked of whoever is there.
    @Test(arguments: doubts, ["s3", "https"])
    func whoIsNotBelieved(
        _ doubt: (certificate: String, trusted: String, reason: String), scheme: String
    ) async throws {
        let server = try serve(doubt.certificate)
        let trusted: String
        switch doubt.trusted {
        case "its own": trusted = authority.file
        case "another":
            let somebody = try ClientCertificateFiles(
                in: files.folder, algorithm: ["ec", "-pkeyopt", "ec_paramgen_curve:P-256"])
            trusted = somebody.certificate
        default: trusted = files.path("none.pem")
        }
        for options in [["--dry-run"], []] {
            let finished = try await copy(scheme, server, ["SSL_CERT_FILE": trusted], options)
            #expect(finished.status == 69, "\(finished.output)\(finished.errors)")
            let problem = try Document(finished).diagnostics.first { $0.hasPrefix("error unreachable ") }
            #expect(problem?.contains("localhost:\(server.port)") == true, "\(problem ?? finished.output)")
            #expect(problem?.contains(doubt.reason) == true, "\(problem ?? finished.output)")
        }
        #expect(server.connections > 0)
        #expect(server.requests == 0)
        #expect(!Files.isThere(files.destination))
    }
}
