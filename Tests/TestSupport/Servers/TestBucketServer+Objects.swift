import HTTP
public import Signing

/// What tests put into buckets and take out of them.
extension TestBucketServer {
    public func put(
        _ key: String, _ body: [UInt8] = [], _ headers: [String: String], in bucket: String,
        as owner: AWSCredentials? = nil
    ) async throws {
        _ = try await ask(.put, Self.path(key, bucket), headers, body: body, as: owner)
    }

    public func put(_ key: String, _ body: [UInt8], metadata: [String: String], in bucket: String) async throws {
        let headers = metadata.map { ("x-amz-meta-" + $0.key, $0.value) }
        try await put(key, body, Dictionary(uniqueKeysWithValues: headers), in: bucket)
    }

    public func delete(_ key: String, in bucket: String) async throws {
        _ = try await ask(.delete, Self.path(key, bucket))
    }

    /// It must be empty.
    public func removeBucket(_ bucket: String) async throws { _ = try await ask(.delete, "/\(bucket)") }

    /// A header of the answer that tells of an object.
    public func header(_ name: String, of key: String, in bucket: String) async throws -> String? {
        try await ask(.head, Self.path(key, bucket)).headers[name]
    }

    public func modified(_ key: String, in bucket: String) async throws -> String? {
        try await header("Last-Modified", of: key, in: bucket)
    }

    public func url(of bucket: String) -> String { "s3://" + bucket }

    /// Nobody asks the machine that the tests run on who it is.
    public var credentials: [String: String] {
        user.variables.merging(["AWS_EC2_METADATA_DISABLED": "true"]) { own, _ in own }
    }

    public func place(onPort port: Int, in folder: TemporaryFolder) throws -> [String: String] {
        ["AWS_ENDPOINT_URL_S3": "http://127.0.0.1:\(port)"]
    }

    /// Objects in parts that were begun and neither completed nor given up, by key.
    public func uploads(in bucket: String) async throws -> [String] {
        let answer = String(decoding: try await ask(.get, "/\(bucket)", query: "uploads").body, as: UTF8.self)
        return answer.split(separator: "<Upload>").dropFirst().map { upload in
            String(upload.split(separator: "<Key>").last?.prefix { $0 != "<" } ?? "")
        }
    }

    private static func path(_ key: String, _ bucket: String) -> String { "/\(bucket)/\(PercentEncoding.path(key))" }
}

extension AWSCredentials {
    /// As an environment has them.
    public var variables: [String: String] {
        ["AWS_ACCESS_KEY_ID": accessKeyID, "AWS_SECRET_ACCESS_KEY": secretAccessKey]
    }
}
