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
        _ scheme: String, _ server: ScriptedServer, _ variables: [String: String], _ options: [String] = []
    ) async throws -> Finished {
        let place = "https://localhost:\(server.port)"
        let source = scheme == "s3" ? "s3://data" : place + "/data/a"
        let task = "file_mounts: {\"\(files.destination)/\": \"\(source)\"}"
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
