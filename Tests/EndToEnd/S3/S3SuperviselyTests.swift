import Foundation
import TestSupport
import Testing

/// What Supervisely's users have already: their `remote_links.yml` and `STORAGE_*` variables, as they are.
@Suite(.onCeph) struct S3SuperviselyTests {
    private var sandbox: BucketSandbox
    private static let id = TestBucketServer.accessKeyID
    private static let secret = TestBucketServer.secretAccessKey

    init() async throws {
        sandbox = try await BucketSandbox(CephGateway.shared, .text(["a": "1"]))
        for name in TestBucketServer.owner.variables.keys { sandbox.environment[name] = nil }
        // Nothing else says where it is.
        sandbox.environment["AWS_ENDPOINT_URL_S3"] = ""
    }

    private var links: String {
        """
        minio-lab:
          provider: minio
          endpoint: http://127.0.0.1
          port: \(sandbox.port)
          access_key: \(Self.id)
          secret_key: \(Self.secret)
          buckets:
            - \(sandbox.bucket)
        amazon:
          provider: s3
          access_key: AKIDNOBODY
          secret_key: nothing

        """
    }

    @Test(arguments: [false, true])
    func remoteLinks(namedByTheTask: Bool) async throws {
        try sandbox.files.write(["remote_links.yml": links])
        if namedByTheTask {
            try await sandbox.succeed("providers: remote_links.yml\n" + sandbox.task())
        } else {
            try await sandbox.succeed(sandbox.task(), "--providers", "remote_links.yml")
        }
        sandbox.expect(["a": "1"])
    }

    @Test func storageVariables() async throws {
        var sandbox = sandbox
        sandbox.environment.merge([
            "STORAGE_PROVIDER": "minio", "STORAGE_ENDPOINT": "http://127.0.0.1", "STORAGE_PORT": "\(sandbox.port)",
            "STORAGE_ACCESS_KEY": Self.id, "STORAGE_SECRET_KEY": Self.secret,
        ]) { _, new in new }
        let document = try await sandbox.succeed(sandbox.task(nil, "provider: storage"))
        sandbox.expect(["a": "1"])
        #expect((document.mounts.first?.json["identity"] as? String)?.contains("storage") == true)
    }

    /// Their secrets are mounted as files, and nothing of them is copied anywhere.
    @Test func secretsThatAreFiles() async throws {
        var sandbox = sandbox
        try sandbox.files.write([
            "secrets/credentials": "[default]\naws_access_key_id = \(Self.id)\naws_secret_access_key = \(Self.secret)\n"
        ])
        try Files.setMode(sandbox.files.path("secrets/credentials"), 0o400)
        sandbox.environment.merge([
            "STORAGE_PROVIDER": "s3", "STORAGE_ENDPOINT": "http://127.0.0.1:\(sandbox.port)",
            "STORAGE_CREDENTIALS_PATH": sandbox.files.path("secrets/credentials"),
        ]) { _, new in new }
        try await sandbox.succeed(sandbox.task(nil, "provider: storage"))
        sandbox.expect(["a": "1"])
        let copies = FileTree(sandbox.files.folder.path).nodes.filter { path, node in
            guard case .file(let bytes) = node.content, path != Array("secrets/credentials".utf8) else { return false }
            return String(decoding: bytes, as: UTF8.self).contains(Self.secret)
        }
        #expect(copies.keys.map { String(decoding: $0, as: UTF8.self) } == [])
    }
}
