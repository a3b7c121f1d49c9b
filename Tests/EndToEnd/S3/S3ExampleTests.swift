import Foundation
import TestSupport
import Testing

/// examples/s3.yaml as its users run it, from real servers that have the buckets it names: only its destinations are in a folder of
/// the test's, and what it has from other services' hosts is left out.
@Suite(.onSeaweedFS, .onCeph) struct S3ExampleTests {
    enum Server: CaseIterable {
        case seaweedFS, ceph

        fileprivate var shared: SharedServer { self == .ceph ? CephGateway.shared : SeaweedFS.shared }

        /// SeaweedFS keeps objects as files of its own, and answers for some names with others.
        fileprivate func keeps(_ name: String) -> Bool {
            self == .ceph
                || !name.contains { $0 == "\n" || $0 == "\r" || $0 == "\u{1}" || $0 == "\\" || $0 == "\u{7f}" }
        }
    }

    /// What the example wants of the data set.
    private static func images(on server: Server) -> [String: [UInt8]] {
        let names = S3KeyTests.odd.filter { server.keeps($0) && $0.utf8.count < 200 }.map { $0 + ".jpg" }
        let pairs = names.enumerated().map { ($1, BucketSandbox.bytes($0 * 7 % 50 + 1, seed: UInt64($0))) }
        return Dictionary(uniqueKeysWithValues: pairs + [("labels.csv", Array("1,2\n".utf8))])
    }

    private static func text(in folder: String, _ server: Server) throws -> String {
        let whole = try TemporaryFolder.text(of: Judge.project.appending(path: "examples/s3.yaml").path)
        let web = try #require(whole.range(of: "  # Plain links"))
        var text = String(whole[..<web.lowerBound])
        // Nobody is let in there without keys.
        if server == .seaweedFS {
            let start = try #require(text.range(of: "  # A public bucket")).lowerBound
            let end = try #require(text.range(of: "  # Who reads pays")).lowerBound
            text.removeSubrange(start..<end)
        }
        return text.replacingOccurrences(of: "\n  /", with: "\n  \(folder)/")
    }

    @Test(arguments: Server.allCases) func copiesWhatItSays(on server: Server) async throws {
        let sandbox = try await BucketSandbox(server.shared)
        let images = Self.images(on: server)
        try await sandbox.put(Dictionary(uniqueKeysWithValues: images.map { ("images/train/" + $0.key, $0.value) }))
        try await sandbox.put(["images/train/gone.jpg": "old"])
        try await sandbox.put(["images/train/tmp/x.jpg": "x", "images/train/notes.txt": "x", "images/test/y.jpg": "y"])
        let others = [
            "team-models": ("base/weights.safetensors", "weights"), "features": ("v7/one", "feature"),
            "open-data": ("readme.txt", "read me"), "somebodys-archive": ("2026/a", "archived"),
        ]
        let s3 = try sandbox.s3
        for (bucket, (key, content)) in others {
            try await s3.makeBucket(named: bucket)
            let headers = bucket == "open-data" ? ["x-amz-acl": "public-read"] : [:]
            try await s3.put(key, Array(content.utf8), headers, in: bucket)
        }
        try sandbox.files.write([
            "p.yaml": """
            minio: {provider: minio, endpoint: "http://127.0.0.1:\(sandbox.port)", buckets: [features],
                    access_key: \(TestBucketServer.accessKeyID), secret_key: \(TestBucketServer.secretAccessKey)}

            """
        ])
        let folder = sandbox.files.path("out")
        let task = try Self.text(in: folder, server)
        let words = ["--providers", "p.yaml", "--env", "DATASET=\(sandbox.bucket)"]
        for options in [["--dry-run"], [], []] {
            let finished = try await sandbox.start(task, words + options).end()
            #expect(finished.status == 0, "\(finished.output)\(finished.errors)")
            // What the bucket has no longer goes with the second run: the example mirrors.
            if options.isEmpty { try await sandbox.server.delete("images/train/gone.jpg", in: sandbox.bucket) }
        }
        var found: [String: [UInt8]] = [:]
        for (path, node) in FileTree(folder).nodes {
            if case .file(let bytes) = node.content { found[String(decoding: path, as: UTF8.self)] = bytes }
        }
        var wanted = Dictionary(uniqueKeysWithValues: images.map { ("dataset/" + $0.key, $0.value) })
        wanted["model/weights.safetensors"] = Array("weights".utf8)
        wanted["features/one"] = Array("feature".utf8)
        wanted["archive/a"] = Array("archived".utf8)
        if server == .ceph { wanted["public"] = Array("read me".utf8) }
        let wrong = Set(found.keys).union(wanted.keys).filter { found[$0] != wanted[$0] }.map(\.debugDescription)
        #expect(wrong.sorted() == [])
    }
}
