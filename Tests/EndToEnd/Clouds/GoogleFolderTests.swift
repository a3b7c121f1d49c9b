import Foundation
import TestSupport
import Testing

extension MountedTasks {
    /// Mounts of Google's buckets with a hierarchy of folders.
    @Suite(.onGoogle) struct GoogleFolderTests {
        /// A file is moved by the server in one step, over another one as well, and not copied.
        @Test(arguments: [true, false]) func filesAreMoved(hasFolders: Bool) async throws {
            let server = try await GoogleStorage.shared.server
            let name = try await server.makeBucket(["hierarchicalNamespace": ["enabled": hasFolders]])
            var bucket = try BucketSandbox(server, bucket: name)
            try await bucket.put(["a": "one\n", "d/b": "two\n", "c": "three\n"])
            let proxy = try bucket.proxy()
            let sandbox = try MountSandbox(reading: bucket)
            try sandbox.expect(
                0, "file_mounts: {\(sandbox.destination): {source: \"\(bucket.url)\", mode: MOUNT}}")
            #expect(
                try sandbox.output("cd $M && mv a d/new && mv c d/b && cat d/new d/b && find . | sort") == """
                    one
                    three
                    .
                    ./d
                    ./d/b
                    ./d/new

                    """)
            let asked = proxy.passages.map(\.request.target)
            #expect(asked.filter { $0.contains("/moveTo/") }.count == (hasFolders ? 2 : 0))
            #expect(asked.filter { $0.contains("/rewriteTo/") }.count == (hasFolders ? 0 : 2))
            #expect(try sandbox.document("down").exitCode == 0)
            try await bucket.succeed(bucket.task())
            bucket.expect(["d/new": "one\n", "d/b": "three\n"])
        }
    }
}
