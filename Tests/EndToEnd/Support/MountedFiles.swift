import Foundation
import TestSupport
import Testing

/// The same files as a folder of this machine, or as the objects of a real server, mounted for a test.
final class MountedFiles {
    enum Home: String, CaseIterable, Sendable, CustomTestStringConvertible {
        case folder
        /// Of the cloud that the test is run over.
        case bucket
        var testDescription: String { rawValue }

        /// A folder is the same over every cloud: once is enough.
        var isRepeated: Bool { self == .folder && TestCloud.current != .seaweedFS }
    }

    let sandbox: MountSandbox
    /// Where the objects are; nothing of a folder.
    let bucket: BucketSandbox?
    let source: String

    /// Not mounted yet.
    init(_ files: [String: [UInt8]], in home: Home) async throws {
        if home != .folder {
            let bucket = try await BucketSandbox(on: TestCloud.current.server, files)
            sandbox = try MountSandbox(reading: bucket)
            self.bucket = bucket
            source = bucket.url
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
    convenience init(reading bucket: BucketSandbox) throws {
        try self.init(environment: try bucket.variables)
    }

    /// A bucket with these objects, a proxy before it, and who reads it through that.
    static func ofBucket(
        _ objects: [String: [UInt8]] = [:]
    ) async throws -> (bucket: BucketSandbox, proxy: FaultProxy, sandbox: MountSandbox) {
        var bucket = try await BucketSandbox(objects)
        let proxy = try bucket.proxy()
        return (bucket, proxy, try MountSandbox(reading: bucket))
    }

    /// The task that mounts a bucket at the destination.
    func task(of bucket: BucketSandbox, _ keys: String = "") -> String {
        "file_mounts: {\(destination): \(entry(bucket.url, keys))}"
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
