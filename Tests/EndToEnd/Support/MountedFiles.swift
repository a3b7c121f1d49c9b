import Foundation
import TestSupport
import Testing

/// The same files as a folder of this machine, or as the objects of a real server, mounted for a test.
final class MountedFiles {
    enum Home: String, CaseIterable, Sendable, CustomTestStringConvertible {
        case folder, seaweedFS, ceph
        var testDescription: String { rawValue }
    }

    let sandbox: MountSandbox
    /// Where the objects are; nothing of a folder.
    let bucket: S3Sandbox?
    let source: String

    /// Not mounted yet.
    init(_ files: [String: [UInt8]], in home: Home) async throws {
        let servers: [Home: SharedServer] = [.seaweedFS: SeaweedFS.shared, .ceph: CephGateway.shared]
        if let server = servers[home] {
            let bucket = try await S3Sandbox(server, files)
            sandbox = try MountSandbox(reading: bucket)
            self.bucket = bucket
            source = "s3://\(bucket.bucket)"
        } else {
            sandbox = try MountSandbox()
            bucket = nil
            source = "./src"
            for (name, content) in files {
                let path = sandbox.path("src/" + name)
                try FileManager.default.createDirectory(
                    atPath: URL(filePath: path).deletingLastPathComponent().path, withIntermediateDirectories: true)
                try Files.write(content, to: Array(path.utf8))
            }
        }
    }

    func task(_ keys: String = "") -> String {
        "file_mounts: {\(sandbox.destination): \(sandbox.entry(source, keys))}"
    }

    /// Mounts them.
    func mount(_ keys: String = "", at location: Testing.SourceLocation = #_sourceLocation) throws {
        try sandbox.expect(0, task(keys), at: location)
    }
}

extension MountSandbox {
    /// For somebody who may read the bucket.
    convenience init(reading bucket: S3Sandbox) throws {
        try self.init(environment: bucket.variables)
    }

    /// A bucket with these objects, a proxy before it, and who reads it through that.
    static func ofBucket(
        _ objects: [String: [UInt8]] = [:]
    ) async throws -> (bucket: S3Sandbox, proxy: FaultProxy, sandbox: MountSandbox) {
        var bucket = try await S3Sandbox(SeaweedFS.shared, objects)
        let proxy = try bucket.proxy()
        return (bucket, proxy, try MountSandbox(reading: bucket))
    }

    /// The task that mounts a bucket at the destination.
    func task(of bucket: S3Sandbox, _ keys: String = "") -> String {
        "file_mounts: {\(destination): \(entry("s3://\(bucket.bucket)", keys))}"
    }

    /// The only mount's status as it is now.
    func status() throws -> Document.Mount {
        try #require(try document("status").mounts.first)
    }
}

extension Document.Mount {
    /// `code: message` of what went wrong.
    var trouble: String {
        error.isEmpty ? "" : "\(error["code"] as? String ?? "-"): \(error["message"] as? String ?? "-")"
    }
}
