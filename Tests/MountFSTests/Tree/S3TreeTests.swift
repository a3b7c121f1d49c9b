import HTTP
import ObjectStore
import Platform
import Signing
import TestSupport
import Testing

@testable import MountFS

/// Buckets of real servers as trees, compared with the model of the keys that were put.
@Suite(.enabled(if: SeaweedFS.isHere && CephGateway.isHere, "a server is missing")) struct S3TreeTests {
    enum Server: CaseIterable {
        case seaweedFS, ceph

        var running: TestBucketServer {
            get async throws {
                switch self {
                case .seaweedFS: try await SeaweedFS.shared.server
                case .ceph: try await CephGateway.shared.server
                }
            }
        }
    }

    private static func store(_ server: TestBucketServer, _ bucket: String) -> S3Store {
        let endpoint = S3Endpoint(isSecure: false, host: "127.0.0.1", port: server.port)
        return S3Store(
            S3Site(.endpoint(endpoint), bucket: bucket), credentials: FixedCredentials(TestBucketServer.owner),
            client: HTTPClient())
    }

    @Test(arguments: Server.allCases) func treesAreThoseOfTheKeys(server: Server) async throws {
        let running = try await server.running
        let bucket = try await running.makeBucket()
        var objects: [String: [UInt8]] = [:]
        for number in 0..<1500 { objects["many/f\(10_000 + number)"] = [1] }
        for key in ["a!", "a-b/x", "a.b", "a/b", "a/c/d", "é/ü x", "p+q", "marker/", "deep/er/and/deeper"] {
            objects[key] = [UInt8](repeating: 2, count: key.hasSuffix("/") ? 0 : key.utf8.count)
        }
        // One of them tidies these away.
        if server == .ceph { for key in ["a", "a//c", "b/../c", "/d"] { objects[key] = [3] } }
        try await running.put(objects, in: bucket)
        let mount = try TestMount(Self.store(running, bucket))
        let known = objects.map { (ObjectKey($0.key), TreeModel.Object(size: $0.value.count)) }
        let model = TreeModel(objects: Dictionary(uniqueKeysWithValues: known), root: "")
        var files = 0
        try await compare(.root, [], mount, model, &files)
        #expect(files > 1505)
        #expect(try await mount.find("a")?.attributes.kind == .folder)
        mount.pass(milliseconds: 1001)
        for path in ["many/f10999", "many/f11000", "many/f11499", "é/ü x", "p+q", "deep/er/and/deeper"] {
            let entry = try #require(try await mount.find(path))
            #expect(entry.attributes.kind == .file && entry.attributes.size == objects[path]?.count)
            #expect(try await mount.read(entry.attributes.node) == objects[path])
        }
        for path in ["many/none", "many/f1", "a/c/none", "none"] { #expect(try await mount.find(path) == nil) }
    }

    private func compare(
        _ node: NodeID, _ path: [[UInt8]], _ mount: TestMount, _ model: TreeModel, _ files: inout Int
    ) async throws {
        var names: [[UInt8]: TreeModel.Name] = [:]
        for listed in try await mount.list(node, isDetailed: true) {
            #expect(names[listed.name] == nil)
            let attributes = listed.entry.attributes
            names[listed.name] = TreeModel.Name(kind: attributes.kind, size: attributes.size)
            if attributes.kind == .folder {
                try await compare(attributes.node, path + [listed.name], mount, model, &files)
            } else {
                files += 1
            }
        }
        #expect(names == model.names(in: path))
    }

    @Test(arguments: Server.allCases) func metadataLinksAndFailures(server: Server) async throws {
        let running = try await server.running
        let bucket = try await running.makeBucket()
        try await running.put(
            "run.sh", [1], ["x-amz-meta-mode": "33261", "x-amz-meta-uid": "1000", "x-amz-meta-colour": "green"],
            in: bucket)
        try await running.put("link", Array("run.sh".utf8), ["x-amz-meta-mode": "41471"], in: bucket)
        let mount = try TestMount(Self.store(running, bucket))
        let names = try await mount.list(isDetailed: true).map(\.entry.attributes)
        #expect(names.map(\.kind) == [.link, .file] && names[1].mode == 0o755 && names[1].owner == 1000)
        let target = try await answer { mount.files.target(ofLink: names[0].node, $0) }
        #expect(target == Array("run.sh".utf8))
        let attributes = try await answer { mount.files.extendedAttributeNames(of: names[1].node, $0) }
        #expect(attributes == [Array("user.colour".utf8)])

        let gone = try TestMount(Self.store(running, "none-of-that-name"))
        await #expect(throws: SystemError.stale) { try await gone.list() }
        #expect(gone.lines.all.count == 1)
    }
}
