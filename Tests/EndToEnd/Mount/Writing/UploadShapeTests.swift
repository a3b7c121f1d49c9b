import Foundation
import Synchronization
import TestSupport
import Testing

extension WritingTasks {
    /// In which pieces what is written comes to servers of S3's kind, as tasks and providers say.
    @Suite(.over(.seaweedFS, .ceph)) struct UploadShapeTests {
        private let bucket: BucketSandbox
        private let proxy: FaultProxy
        private let sandbox: MountSandbox

        init() async throws {
            var bucket = try await BucketSandbox()
            proxy = try bucket.proxy()
            sandbox = try MountSandbox(reading: bucket)
            bucket.port = bucket.server.port
            self.bucket = bucket
        }

        /// Writes a file of so many bytes, and expects it in the bucket. Returns what the server was asked for.
        private func written(
            _ count: Int, providerKeys: String = "", _ keys: String = "",
            at location: Testing.SourceLocation = #_sourceLocation
        ) async throws -> [ReceivedRequest] {
            let task = """
                providers:
                  lab:
                    provider: minio
                    endpoint: "http://127.0.0.1:\(proxy.port)"
                    access_key: \(TestBucketServer.accessKeyID)
                    secret_key: \(TestBucketServer.secretAccessKey)
                    \(providerKeys)
                file_mounts: {\(sandbox.destination): {source: "\(bucket.url)", mode: MOUNT, provider: lab\(keys)}}
                """
            try sandbox.expect(0, task, at: location)
            let bytes = BucketSandbox.bytes(count, seed: UInt64(count))
            try Data(bytes).write(to: URL(filePath: sandbox.path("file")))
            #expect(try sandbox.output("cp \(sandbox.path("file")) $M/file") == "", sourceLocation: location)
            let ended = try sandbox.document("down")
            #expect(ended.exitCode == 0 && ended.mounts.first?.kept == [], "\(ended.json)", sourceLocation: location)
            #expect(sandbox.staged == [], sourceLocation: location)
            try await bucket.succeed(bucket.task(), at: location)
            bucket.expect(["file": bytes], at: location)
            return proxy.passages.map(\.request)
        }

        private func parts(_ requests: [ReceivedRequest]) -> [Int] {
            requests.filter { $0.partNumber != nil }.map(\.contentLength).sorted()
        }

        @Test(arguments: [5 << 20, 20 << 20])
        func aServerWithoutParts(size: Int) async throws {
            let requests = try await written(size, providerKeys: "multipart: false")
            #expect(parts(requests) == [] && !requests.contains(where: \.isBeginning))
            #expect(requests.filter { $0.isWholeObject && $0.key.hasSuffix("file") }.map(\.contentLength) == [size])
        }

        @Test(arguments: [(20 << 20, 0), ((20 << 20) + 1, 3)])
        func aThreshold(size: Int, count: Int) async throws {
            let requests = try await written(size, providerKeys: "multipart_threshold: 20MiB")
            #expect(parts(requests).count == count)
        }

        @Test func aPartSize() async throws {
            let mib = 1 << 20
            #expect(parts(try await written(12 * mib, ", part_size: 5MiB")) == [2 * mib, 5 * mib, 5 * mib])
        }

        /// As many requests at once as there may be connections.
        @Test(arguments: [1, nil]) func requestsAtOnce(concurrency: Int?) async throws {
            let parts = Mutex((underWay: 0, most: 0))
            let counted = Fault(
                .meanwhile {
                    parts.withLock { $0 = ($0.underWay + 1, max($0.most, $0.underWay + 1)) }
                    usleep(100_000)
                    parts.withLock { $0.underWay -= 1 }
                }, times: .max
            ) { $0.partNumber != nil }
            proxy.add(counted)
            _ = try await written(30 << 20, concurrency.map { ", concurrency: \($0)" } ?? "")
            #expect(parts.withLock { concurrency == nil ? $0.most > 1 : $0.most == concurrency })
        }
    }
}
