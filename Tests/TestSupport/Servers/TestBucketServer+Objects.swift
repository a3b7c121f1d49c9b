import HTTP
public import Signing

/// What tests put into buckets and take out of them.
extension TestBucketServer {
    public func put(
        _ key: String, _ body: [UInt8] = [], _ headers: [String: String] = [:], in bucket: String,
        as owner: AWSCredentials? = nil
    ) async throws {
        _ = try await ask(.put, Self.path(key, bucket), headers, body: body, as: owner)
    }

    public func put(_ objects: [String: [UInt8]], in bucket: String) async throws {
        try await each(objects.map { $0 }) { try await self.put($0.key, $0.value, in: bucket) }
    }

    public func delete(_ keys: [String], in bucket: String) async throws {
        try await each(keys) { _ = try await self.ask(.delete, Self.path($0, bucket)) }
    }

    /// It must be empty.
    public func removeBucket(_ bucket: String) async throws { _ = try await ask(.delete, "/\(bucket)") }

    /// A header of the answer that tells of an object.
    public func header(_ name: String, of key: String, in bucket: String) async throws -> String? {
        try await ask(.head, Self.path(key, bucket)).headers[name]
    }

    /// Objects in parts that were begun and neither completed nor given up, by key.
    public func uploads(in bucket: String) async throws -> [String] {
        let answer = String(decoding: try await ask(.get, "/\(bucket)", query: "uploads").body, as: UTF8.self)
        return answer.split(separator: "<Upload>").dropFirst().map { upload in
            String(upload.split(separator: "<Key>").last?.prefix { $0 != "<" } ?? "")
        }
    }

    private static func path(_ key: String, _ bucket: String) -> String { "/\(bucket)/\(PercentEncoding.path(key))" }

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
