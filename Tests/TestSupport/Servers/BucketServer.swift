/// A server with the buckets of some cloud: what tests that are the same over all clouds need of it. What it is asked for is
/// written anew and not the stores' own: what a test compares with must not come from what it tests.
public protocol BucketServer: Sendable {
    var port: Int { get }

    /// A bucket's name as tasks write it.
    func url(of bucket: String) -> String

    /// Somebody who may do everything there, as an environment says it.
    var credentials: [String: String] { get }
    /// How an environment says that the server is asked by this port. What has to be a file is made in a folder.
    func place(onPort port: Int, in folder: TemporaryFolder) throws -> [String: String]

    func makeBucket(named name: String) async throws
    /// It must be empty.
    func removeBucket(_ bucket: String) async throws

    /// With the metadata of its user, as other programs write it.
    func put(_ key: String, _ body: [UInt8], metadata: [String: String], in bucket: String) async throws
    func delete(_ key: String, in bucket: String) async throws
    /// When an object was written, as HTTP has it.
    func modified(_ key: String, in bucket: String) async throws -> String?

    /// Objects in parts that were begun and neither completed nor given up, by key.
    func uploads(in bucket: String) async throws -> [String]
}

extension BucketServer {
    /// A new bucket, empty, under a name of its own.
    public func makeBucket() async throws -> String {
        let name = "test-" + String(UInt64.random(in: .min ... .max), radix: 36)
        try await makeBucket(named: name)
        return name
    }

    public func put(_ key: String, _ body: [UInt8], in bucket: String) async throws {
        try await put(key, body, metadata: [:], in: bucket)
    }

    public func put(_ objects: [String: [UInt8]], in bucket: String) async throws {
        try await each(objects.map { $0 }) { try await put($0.key, $0.value, in: bucket) }
    }

    public func delete(_ keys: [String], in bucket: String) async throws {
        try await each(keys) { try await delete($0, in: bucket) }
    }

    /// Several at once, but not all: servers have their limits.
    private func each<Element: Sendable>(
        _ elements: [Element], _ work: @escaping @Sendable (Element) async throws -> Void
    ) async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            for (index, element) in elements.enumerated() {
                if index >= 16 { try await group.next() }
                group.addTask { try await work(element) }
            }
            try await group.waitForAll()
        }
    }
}
