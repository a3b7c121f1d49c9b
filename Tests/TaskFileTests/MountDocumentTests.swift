import JSON
import Testing

@testable import TaskFile

/// What one process of ours tells another of an entry arrives whole.
struct MountDocumentTests {
    private static let providers = """
        lab:
          provider: minio
          endpoint: https://minio.lab:9000/base
          region: lab-1
          access_key: {env: LAB_KEY}
          secret_key: {file: /run/secrets/lab}
          session_token: {command: [print, token]}
          headers: {X-Team: vision}
          multipart: false
        plain: {provider: minio, host: "minio.lab:9000", secure: false, access_key: k, secret_key: literal}
        role: {provider: s3, iam_role: reader, region: eu-west-1, buckets: [role-data]}
        any: {provider: s3, iam_role: true, buckets: [any-data]}
        program: {provider: s3, credential_process: print keys, buckets: [program-data]}
        """

    private func mount(_ entry: String) throws -> Mount {
        let file = read("file_mounts: {/data: {\(entry)}}", providers: Self.providers)
        #expect(file.diagnostics.allSatisfy { $0.severity == .warning }, "\(file.diagnostics.map(\.text))")
        return try #require(file.mounts.first)
    }

    @Test(arguments: [
        "source: s3://data/x, mode: MOUNT, read_only: true",
        "source: s3://data, key_prefix: a/b/, metadata_ttl: 7s, io_timeout: 9s, on_nonempty: overlay, allow_other: false",
        "source: s3://data, uid: 1, gid: 2, file_mode: \"640\", dir_mode: \"750\", read_only: true",
        "source: s3://data, provider: lab", "source: s3://data, provider: plain",
        "source: s3://role-data, provider: role",
        "source: s3://any-data, provider: any", "source: s3://program-data, provider: program",
        "source: s3://data, endpoint: \"http://127.0.0.1:9000\", path_style: true, anonymous: true, tls_verify: false",
        "source: s3://data, profile: dev, role_arn: \"arn:aws:iam::123456789012:role/x\", tls_verify: /etc/ca.pem",
        "source: s3://data, requester_pays: true, headers: {A: b, C: d}, part_size: 8M, concurrency: 9, region: us-east-2",
        "source: s3://data, acl: private, sse: \"aws:kms\", kms_key_id: k, storage_class: STANDARD_IA, tls_verify: true",
        "source: s3://data, mode: MOUNT, checksum: \"off\"", "source: r2://data/x, account: abc",
        "source: cos://eu-de/data/x",
        "source: ./data, mode: MOUNT, read_only: true", "source: \"file:///data\", mode: MOUNT, read_only: true",
    ])
    func roundTrip(entry: String) throws {
        let mount = try mount(entry)
        let text = mount.document.compact
        let read = try #require(Mount(document: try JSONValue(reading: text.utf8)))
        #expect(read.access == mount.access && read.store == mount.store && read.mode == mount.mode)
        #expect(read.ownership == mount.ownership && read.keyPrefix == mount.keyPrefix)
        #expect(read.destination.normalized == mount.destination.normalized)
        #expect(read.sources.map(\.location) == mount.sources.map(\.location))
        #expect(read.sources.map(\.shown) == mount.sources.map(\.shown))
        #expect(read.mount == mount.mount && read.checksum == mount.checksum)
        #expect(read.provider?.name == mount.provider?.name && read.provider?.access == mount.provider?.access)
        #expect(read.provider?.credentials == mount.provider?.credentials)
        #expect(read.provider?.usesMultipart == mount.provider?.usesMultipart)
        #expect(read.provider?.hostFolder == mount.provider?.hostFolder)
        #expect(read.document == mount.document)
    }

    /// One that lacks something is none.
    @Test func whatIsIncompleteIsRefused() throws {
        guard case .object(let members) = try mount("source: s3://data, provider: lab").document else { return }
        for name in ["destination", "mode", "store", "sources", "access", "mount"] {
            #expect(Mount(document: .object(members.filter { $0.name != name })) == nil, "\(name)")
        }
        let broken = members.map { $0.name == "provider" ? JSONValue.Member("provider", ["name": "lab"]) : $0 }
        #expect(Mount(document: .object(broken)) == nil)
    }
}
