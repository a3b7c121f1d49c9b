import Foundation
import TestSupport
import Testing

/// What the sources of a task mean when they are in a bucket.
@Suite(.over(.seaweedFS, .ceph, .google, .fakeGCS, .azure)) struct BucketSourceTests {
    private let sandbox: BucketSandbox
    private let objects = ["top": "1", "data/a": "2", "data/deep/b": "3", "data2/c": "4", "data/x.log": "5"]

    init() async throws {
        sandbox = try await BucketSandbox()
        try await sandbox.put(objects)
    }

    private var url: String { sandbox.url }
    private var below: [String: String] { ["a": "2", "deep/b": "3", "x.log": "5"] }

    @Test(arguments: [false, true])
    func wholeBucket(inLongForm: Bool) async throws {
        let destination = sandbox.files.destination
        let document = try await sandbox.succeed(
            inLongForm ? sandbox.task(url + "/") : "file_mounts: {\(destination): \(url)}")
        sandbox.expect(objects)
        #expect(document.objects == ["total": 5, "done": 5, "skipped": 0])
        #expect(document.mounts.first?.bytes == ["total": 5, "done": 5])
        #expect(document.diagnostics == [])
    }

    /// `data` means what is below `data/`, and never `data2`.
    @Test(arguments: ["/data", "/data/"])
    func prefix(path: String) async throws {
        try await sandbox.succeed(sandbox.task(url + path))
        sandbox.expect(below)
    }

    @Test func keyPrefix() async throws {
        try await sandbox.succeed(sandbox.task(url, "key_prefix: data/"))
        sandbox.expect(below)
    }

    /// A copy does not know of what a task writes beside it, and tells the bucket nothing of that.
    @Test func whatATaskWritesStaysHere() async throws {
        try await sandbox.succeed(sandbox.task(url + "/data"))
        try Files.write("mine", to: sandbox.files.destination + "/mine")
        try Files.write("changed", to: sandbox.files.destination + "/a")
        let other = sandbox.files.path("other")
        try await sandbox.succeed("file_mounts: {\(other): \(url)/data}")
        #expect(FileTree(other).names == ["a", "deep", "deep/b", "x.log"])
        #expect(try TemporaryFolder.text(of: other + "/a") == "2")
    }

    @Test func singleObject() async throws {
        try await sandbox.succeed(sandbox.task(url + "/data/deep/b"))
        #expect(try TemporaryFolder.text(of: sandbox.files.destination) == "3")
    }

    @Test func singleObjectIntoAFolder() async throws {
        let folder = sandbox.files.destination + "/"
        try await sandbox.succeed("file_mounts: {\(folder): \(url)/data/deep/b}")
        sandbox.expect(["b": "3"])
    }

    /// Objects under their own names, prefixes as folders of theirs, and something local among them.
    @Test func lists() async throws {
        try sandbox.files.write(["src/local": "here"])
        try await sandbox.succeed(
            """
            file_mounts:
              \(sandbox.files.destination):
                source: ["\(url)/top", "\(url)/data", ./src]
                mode: COPY
            """)
        sandbox.expect(["top": "1", "data/a": "2", "data/deep/b": "3", "data/x.log": "5", "src/local": "here"])
    }

    @Test func objectAndPrefixOfOneName() async throws {
        // Where folders are real, a file and a folder cannot have one name.
        guard TestCloud.current != .azureFolders else { return }
        try await sandbox.put(["data": "the object"] as [String: String])
        let document = try await sandbox.succeed(sandbox.task(url + "/data"))
        #expect(try TemporaryFolder.text(of: sandbox.files.destination) == "the object")
        #expect(document.diagnostics.contains { $0.hasPrefix("warning") && $0.contains("data/") })
    }

    @Test(arguments: [
        ("include: ['*.log']", ["x.log"]), ("exclude: ['*.log']", ["a", "deep", "deep/b"]),
        ("exclude: deep/", ["a", "x.log"]), ("include: 'deep/**', exclude: x", ["deep", "deep/b"]),
    ])
    func filters(keys: String, names: [String]) async throws {
        let document = try await sandbox.succeed(sandbox.task(url + "/data", keys))
        #expect(sandbox.files.names.sorted() == names)
        #expect(document.objects["total"] == names.filter { $0 != "deep" }.count)
    }

    /// What was stored last is told by the file's time, as the listing has it.
    @Test func timesAreThoseOfTheObjects() async throws {
        try await sandbox.succeed(sandbox.task())
        let header = try await sandbox.server.modified("top", in: sandbox.bucket)
        let stated = try #require(header)
        let format = DateFormatter()
        format.locale = Locale(identifier: "en_US_POSIX")
        format.timeZone = TimeZone(identifier: "GMT")
        format.dateFormat = "EEE, dd MMM yyyy HH:mm:ss zzz"
        let time = try #require(format.date(from: stated))
        let node = try #require(FileTree(sandbox.files.destination).nodes[Array("top".utf8)])
        #expect(node.modified[0] == Int(time.timeIntervalSince1970))
    }

    @Test(arguments: [("", 0o644), ("file_mode: 0640", 0o640), ("file_mode: 0400", 0o400)])
    func modes(keys: String, mode: UInt32) async throws {
        try await sandbox.put(["large": BucketSandbox.bytes(11 << 20)])
        try await sandbox.succeed(sandbox.task(nil, keys + (keys.isEmpty ? "" : ", ") + "part_size: 5MiB"))
        for name in ["top", "data/a", "large"] {
            #expect(Files.mode(of: sandbox.files.destination + "/" + name) == mode, "\(name)")
        }
    }
}
