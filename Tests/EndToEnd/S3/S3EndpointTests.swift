import Foundation
import Glibc
import TestSupport
import Testing

/// Where requests go, how they are written, and what is on them. A proxy before the gateway sees them.
@Suite(.onCeph) struct S3EndpointTests {
    private var sandbox: BucketSandbox
    private let proxy: FaultProxy

    init() async throws {
        sandbox = try await BucketSandbox(CephGateway.shared, .text(["a": "1", "b": "2"]))
        proxy = try sandbox.proxy()
    }

    private func provider(_ endpoint: String, _ keys: String = "") -> String {
        """
        providers:
          lab:
            provider: minio
            endpoint: "\(endpoint)"
            access_key: \(TestBucketServer.accessKeyID)
            secret_key: \(TestBucketServer.secretAccessKey)
            \(keys)

        """
    }

    private func elsewhere() -> BucketSandbox {
        var sandbox = sandbox
        sandbox.environment["AWS_ENDPOINT_URL_S3"] = ""
        return sandbox
    }

    /// Of the entry, of its provider, and of both.
    @Test(arguments: [("", true), ("endpoint", true), ("endpoint", false)])
    func endpoint(key: String, inProvider: Bool) async throws {
        let endpoint = "http://127.0.0.1:\(proxy.port)"
        let entry = key.isEmpty ? "" : ", endpoint: \"\(endpoint)\""
        let task = provider(inProvider ? endpoint : "http://127.0.0.1:1") + sandbox.task(nil, "provider: lab\(entry)")
        try await elsewhere().succeed(task)
        sandbox.expect(["a": "1", "b": "2"])
        #expect(proxy.reads.count == 2)
    }

    @Test(arguments: [true, false])
    func pathStyle(isPath: Bool) async throws {
        let task =
            provider("http://s3.localhost:\(proxy.port)") + sandbox.task(nil, "provider: lab, path_style: \(isPath)")
        try await elsewhere().succeed(task)
        sandbox.expect(["a": "1", "b": "2"])
        let host = (isPath ? "" : sandbox.bucket + ".") + "s3.localhost:\(proxy.port)"
        #expect(Set(proxy.passages.compactMap { $0.request["Host"] }) == [host])
        #expect(proxy.reads.allSatisfy { $0.request.target.hasPrefix("/\(sandbox.bucket)/") == isPath })
    }

    /// The entry's region, else that of the environment, else the usual one.
    @Test(arguments: [("eu-north-1", nil), ("eu-north-1", "ap-south-1"), (nil, "ap-south-1"), (nil, nil)])
    func region(ofEntry: String?, ofEnvironment: String?) async throws {
        var sandbox = sandbox
        if let ofEnvironment { sandbox.environment["AWS_REGION"] = ofEnvironment }
        try await sandbox.succeed(sandbox.task(nil, ofEntry.map { "region: \($0)" } ?? ""))
        let region = ofEntry ?? ofEnvironment ?? "us-east-1"
        #expect(proxy.passages.allSatisfy { $0.request["authorization"]?.contains("/\(region)/s3/") == true })
    }

    @Test func requesterPays() async throws {
        try await sandbox.succeed(sandbox.task(nil, "requester_pays: true"))
        #expect(proxy.passages.allSatisfy { $0.request["x-amz-request-payer"] == "requester" })
        try await sandbox.succeed(sandbox.task(), "--force")
        #expect(proxy.passages.last?.request["x-amz-request-payer"] == nil)
    }

    @Test func headersOfTheTask() async throws {
        try await sandbox.succeed(
            sandbox.task(nil, "headers: {X-Team: blue green, x-amz-expected-bucket-owner: tester}"))
        for passage in proxy.passages {
            #expect(passage.request["X-Team"] == "blue green")
            #expect(passage.request["x-amz-expected-bucket-owner"] == "tester")
        }
    }

    /// Each part of a large object is of the version that was listed, and no larger than was asked for.
    @Test func partsAndTheirNumber() async throws {
        let large = BucketSandbox.bytes(11 << 20)
        try await sandbox.put(["large": large])
        try await sandbox.succeed(sandbox.task(nil, "part_size: 5MiB, concurrency: 2"))
        sandbox.expect(["a": [49], "b": [50], "large": large])
        let parts = proxy.reads.filter { $0.request.target.hasSuffix("/large") }
        #expect(
            Set(parts.compactMap { $0.request["Range"] }) == [
                "bytes=0-5242879", "bytes=5242880-10485759", "bytes=10485760-11534335",
            ])
        #expect(proxy.reads.allSatisfy { $0.request["If-Match"] != nil })
        #expect(proxy.connections <= 3)
    }

    // MARK: TLS

    /// An authority of one's own is believed when it is named, and nobody's when that is said; else the copy is refused.
    @Test(arguments: [("authority", 0), ("home", 0), ("false", 0), ("true", 69), ("", 69)])
    func tls(verify: String, status: Int32) async throws {
        let authority = try TestAuthority.shared.get()
        let secure = try FaultProxy(to: sandbox.server.port, identity: try authority.identity("good"))
        var sandbox = elsewhere()
        try sandbox.files.write(["home/lab/authority.pem": TemporaryFolder.text(of: authority.file)])
        sandbox.environment["HOME"] = sandbox.files.path("home")
        let values = ["authority": "\"\(authority.file)\"", "home": "~/lab/authority.pem"]
        let key = verify.isEmpty ? "" : ", tls_verify: \(values[verify] ?? verify)"
        let task = provider("https://127.0.0.1:\(secure.port)") + sandbox.task(nil, "provider: lab\(key)")
        let finished = try await sandbox.run(task)
        #expect(finished.status == status, "\(finished.output)\(finished.errors)")
        if status == 0 {
            sandbox.expect(["a": "1", "b": "2"])
        } else {
            #expect(secure.passages.count == 0)
            #expect(finished.output.contains("certificate"), "\(finished.output)")
        }
    }

    /// A certificate for another host is none.
    @Test func certificateOfAnotherHost() async throws {
        let authority = try TestAuthority.shared.get()
        let secure = try FaultProxy(to: sandbox.server.port, identity: try authority.identity("other"))
        let task =
            provider("https://127.0.0.1:\(secure.port)")
            + sandbox.task(nil, "provider: lab, tls_verify: \"\(authority.file)\"")
        #expect(try await elsewhere().run(task).status == 69)
        #expect(secure.passages.count == 0)
    }

    /// Encryption keeps processors at work: each has an event loop, up to eight of them.
    @Test func aLoopForEachProcessor() async throws {
        let authority = try TestAuthority.shared.get()
        let secure = try FaultProxy(
            to: sandbox.server.port, identity: try authority.identity("good"), [Fault(.stall(after: 0), of: "/a")])
        let task =
            provider("https://127.0.0.1:\(secure.port)")
            + sandbox.task(nil, "provider: lab, tls_verify: \"\(authority.file)\"")
        let running = try elsewhere().start(task)
        for _ in 0..<4000 where secure.done == [0] { try await Task.sleep(for: .milliseconds(5)) }
        let threads = try FileManager.default.contentsOfDirectory(atPath: "/proc/\(running.id)/task")
        let names = threads.map { try? TemporaryFolder.text(of: "/proc/\(running.id)/task/\($0)/comm") }
        running.signal(SIGTERM)
        _ = try await running.end()
        secure.expectDone()
        #expect(names.count { $0 == "http loop\n" } == min(8, sysconf(Int32(_SC_NPROCESSORS_ONLN))))
    }
}
