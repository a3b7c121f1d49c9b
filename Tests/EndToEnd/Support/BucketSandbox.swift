import Foundation
import Synchronization
import TestSupport
import Testing

extension Trait where Self == ConditionTrait {
    static var onSeaweedFS: Self { .enabled(if: SeaweedFS.isHere, Comment(rawValue: SeaweedFS.absence)) }
    static var onCeph: Self { .enabled(if: CephGateway.isHere, Comment(rawValue: CephGateway.absence)) }
    static var onGoogle: Self { .enabled(if: GoogleStorage.isHere, Comment(rawValue: GoogleStorage.absence)) }
    static var onAzure: Self { .enabled(if: AzureBlob.isHere, Comment(rawValue: AzureBlob.absence)) }
    static var onOpenStack: Self { .enabled(if: OpenStackSwift.isHere, Comment(rawValue: OpenStackSwift.absence)) }
}

/// A bucket of a real server, a working folder, and the environment of somebody who may read that bucket.
struct BucketSandbox {
    let server: any BucketServer
    let bucket: String
    var files: CopySandbox
    /// Where the program looks for the bucket: the server, unless a proxy stands before it.
    var port: Int
    var environment: [String: String]
    /// They serve as long as somebody has them.
    private var proxies: [FaultProxy] = []

    /// Of the cloud that the test is run over, else of S3.
    init(_ objects: [String: [UInt8]] = [:]) async throws {
        try await self.init(on: TestCloud.current.server, objects)
    }

    init(_ shared: SharedServer, _ objects: [String: [UInt8]] = [:]) async throws {
        try await self.init(on: shared.server, objects)
    }

    init(on server: any BucketServer, _ objects: [String: [UInt8]] = [:]) async throws {
        try self.init(server, bucket: try await server.makeBucket())
        try await put(objects)
    }

    /// With a bucket that other tests read as well.
    init(_ shared: SharedBucket) async throws {
        let (server, bucket) = try await shared.made(on: TestCloud.current)
        try self.init(server, bucket: bucket)
    }

    init(_ server: any BucketServer, bucket: String) throws {
        self.server = server
        self.bucket = bucket
        files = try CopySandbox()
        port = server.port
        environment = server.credentials
    }

    /// As tasks write it.
    var url: String { server.url(of: bucket) }

    /// For tests that are about S3.
    var s3: TestBucketServer {
        get throws { try #require(server as? TestBucketServer) }
    }

    /// Puts a proxy before the server.
    @discardableResult
    mutating func proxy(_ faults: Fault..., bytesPerSecond: Int? = nil) throws -> FaultProxy {
        let proxy = try FaultProxy(to: server.port, bytesPerSecond: bytesPerSecond, faults)
        port = proxy.port
        proxies.append(proxy)
        return proxy
    }

    // MARK: The bucket

    func put(_ objects: [String: [UInt8]]) async throws { try await server.put(objects, in: bucket) }
    func put(_ objects: [String: String]) async throws { try await put(objects.mapValues { Array($0.utf8) }) }

    /// Bytes that are the same nowhere else in the same object.
    static func bytes(_ count: Int, seed: UInt64 = 1) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(count + 4096)
        var block = (0..<4096).map { UInt8(truncatingIfNeeded: $0 &* 31 &+ $0 >> 8) }
        var state = seed &* 0x9E37_79B9_7F4A_7C15 | 1
        while bytes.count < count {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            withUnsafeBytes(of: state) { block.replaceSubrange(0..<8, with: $0) }
            bytes += block
        }
        return Array(bytes.prefix(count))
    }

    // MARK: Runs

    /// A task that copies a source, the whole bucket unless another is named.
    func task(_ source: String? = nil, _ keys: String = "") -> String {
        let keys = keys.isEmpty ? "" : ", " + keys
        return """
            file_mounts: {"\(files.destination)": {source: "\(source ?? url)", mode: COPY\(keys)}}
            """
    }

    /// With these the program finds the bucket.
    var variables: [String: String] {
        get throws { try server.place(onPort: port, in: files.folder).merging(environment) { _, own in own } }
    }

    func start(_ task: String, _ options: [String] = []) throws -> RunningProgram {
        try start(words: try files.words(task, options))
    }

    /// With a task file that is there already.
    func start(words: [String]) throws -> RunningProgram {
        try Program.start(words, environment: try variables, in: files.folder.path)
    }

    func run(_ task: String, _ options: String...) async throws -> Finished {
        try await start(task, options).end()
    }

    @discardableResult
    func succeed(
        _ task: String, _ options: String..., at location: Testing.SourceLocation = #_sourceLocation
    ) async throws -> Document {
        let finished = try await start(task, options).end()
        #expect(finished.status == 0, "\(finished.output)\(finished.errors)", sourceLocation: location)
        return try Document(finished)
    }

    @discardableResult
    func fail(
        _ status: Int32, _ task: String, _ options: String..., at location: Testing.SourceLocation = #_sourceLocation
    ) async throws -> Document {
        let finished = try await start(task, options).end()
        #expect(finished.status == status, "\(finished.output)\(finished.errors)", sourceLocation: location)
        return try Document(finished)
    }

    // MARK: The destination

    /// The destination holds exactly these files, byte for byte, and nothing temporary.
    func expect(_ objects: [String: [UInt8]], at location: Testing.SourceLocation = #_sourceLocation) {
        #expect(differences(from: objects) == [], sourceLocation: location)
    }

    func expect(_ objects: [String: String], at location: Testing.SourceLocation = #_sourceLocation) {
        expect(objects.mapValues { Array($0.utf8) }, at: location)
    }

    /// A file that is there is one of these, whole; some may be missing yet, and parts to go on with may be there.
    func expectNothingElse(
        than objects: [String: [UInt8]], in tree: FileTree? = nil,
        at location: Testing.SourceLocation = #_sourceLocation
    ) {
        let wrong = Self.files(in: tree ?? FileTree(files.destination)).filter {
            !$0.key.hasPrefix(".provision-") && objects[$0.key] != $0.value
        }
        #expect(wrong.keys.sorted() == [], sourceLocation: location)
    }

    private func differences(from objects: [String: [UInt8]]) -> [String] {
        let found = found
        return Set(found.keys).union(objects.keys).filter { found[$0] != objects[$0] }.sorted().map {
            "\($0.debugDescription): \(found[$0].map { "\($0.count) bytes" } ?? "absent")"
        }
    }

    /// The files below the destination.
    var found: [String: [UInt8]] { Self.files(in: FileTree(files.destination)) }

    private static func files(in tree: FileTree) -> [String: [UInt8]] {
        var files: [String: [UInt8]] = [:]
        for (path, node) in tree.nodes {
            if case .file(let bytes) = node.content { files[String(decoding: path, as: UTF8.self)] = bytes }
        }
        return files
    }
}

/// A bucket that many tests read and none changes; that of each cloud is made with the first of them.
final class SharedBucket: Sendable {
    let objects: [String: [UInt8]]
    private let buckets = Mutex<[TestCloud: Task<(any BucketServer, String), any Error>]>([:])

    init(_ objects: [String: [UInt8]]) {
        self.objects = objects
    }

    fileprivate func made(on cloud: TestCloud) async throws -> (any BucketServer, String) {
        let objects = objects
        let making = buckets.withLock { buckets in
            if let making = buckets[cloud] { return making }
            let making = Task.detached { try await Self.make(objects, on: cloud) }
            buckets[cloud] = making
            return making
        }
        return try await making.value
    }

    /// One that does not come to be would be missed by many tests.
    private static func make(
        _ objects: [String: [UInt8]], on cloud: TestCloud
    ) async throws -> (any BucketServer, String) {
        let server = try await cloud.server
        for isLast in [false, true] {
            do {
                let bucket = try await server.makeBucket()
                try await server.put(objects, in: bucket)
                return (server, bucket)
            } catch  where !isLast {
                print("a bucket for several tests is made again: \(error)")
            }
        }
        preconditionFailure("the last attempt has thrown")
    }

    var bytes: Int { objects.values.reduce(0) { $0 + $1.count } }
}

extension RunningProgram {
    /// How it ended. Unlike `wait` this keeps no thread of the tests' from others.
    func end(seconds: Int = 120) async throws -> Finished {
        let end = ContinuousClock.now + .seconds(seconds)
        while try isRunning {
            if ContinuousClock.now > end { signal(SIGKILL) }
            try await Task.sleep(for: .milliseconds(3))
        }
        return try wait()
    }
}

extension FaultProxy {
    /// Every fault was done as often as it was meant to be.
    func expectDone(at location: Testing.SourceLocation = #_sourceLocation) {
        #expect(done == due, sourceLocation: location)
    }
}

extension [String: [UInt8]] {
    /// What becomes of text.
    static func text(_ objects: [String: String]) -> Self { objects.mapValues { Array($0.utf8) } }
}
