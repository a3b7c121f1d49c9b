import Foundation
import TestSupport
import Testing

extension MountedTasks {
    /// Objects that are stored packed, which Google unpacks for whoever does not say that he takes them so.
    @Suite(.onGoogle) struct GooglePackedTests {
        /// They are what is stored, in several ranges as well: what their sizes and checksums are of.
        @Test(arguments: [100, 20 << 20]) func theyComeAsTheyAreStored(size: Int) async throws {
            let server = try await GoogleStorage.shared.server
            var bucket = try await BucketSandbox(on: server)
            bucket.port = server.port
            let sandbox = try MountSandbox(reading: bucket)
            let content = BucketSandbox.bytes(size)
            try Files.write(content, to: Array(sandbox.path("plain").utf8))
            let path = sandbox.path("")
            #expect(try sandbox.output("cd \(path) && gzip -1 -n < plain > packed") == "")
            let packed = Array(try Data(contentsOf: URL(fileURLWithPath: sandbox.path("packed"))))
            try await server.put("a.txt", packed: packed, in: bucket.bucket)
            try await bucket.succeed(bucket.task(nil, "checksum: full"))
            bucket.expect(["a.txt": packed])
            let task = "file_mounts: {\(sandbox.destination): {source: \"\(bucket.url)\", mode: MOUNT, checksum: full}}"
            try sandbox.expect(0, task)
            let line = "cd \(path) && cmp $M/a.txt packed && gzip -d < $M/a.txt | cmp - plain && stat -c %s $M/a.txt"
            #expect(try sandbox.output(line) == "\(packed.count)\n")
            #expect(try sandbox.verb("down").status == 0)
        }
    }
}
