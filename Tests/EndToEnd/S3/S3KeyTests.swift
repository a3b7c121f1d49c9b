import Foundation
import Glibc
import TestSupport
import Testing

/// Keys that are hard to carry, from the servers that keep them all as they are.
@Suite(.onCeph, .onOpenStack) struct S3KeyTests {
    enum Server: CaseIterable {
        case ceph, openStackSwift

        fileprivate func sandbox() async throws -> BucketSandbox {
            switch self {
            case .ceph: try await BucketSandbox(CephGateway.shared)
            case .openStackSwift: try await BucketSandbox(OpenStackSwift.shared)
            }
        }
    }

    /// Names that look like something else on the way: escapes, queries, fragments, markup, other encodings.
    static let odd = [
        "a b", " lead", "trail ", "a+b", "a%20b", "%2F", "%", "%zz", "100%", "ü", "日本語/ファイル", "🎉", "e\u{301}", "a?b=c",
        "a#b", "a&b", "<b>", "\"q\"", "'q'", "back\\slash", "new\nline", "tab\tx", "\u{1}control", "\u{7f}", "a:b",
        "a;b",
        "a=b,c", "~home", "-rf", ".hidden", "..two", "...", "a/..b/c", "$HOME", "`x`", "*?[a]", "{x}", "|pipe", "con",
        "x\u{FEFF}", "a\rb", String(repeating: "n", count: 255),
    ]

    @Test(arguments: Server.allCases)
    func everyNameArrivesAsItIs(on server: Server) async throws {
        let sandbox = try await server.sandbox()
        var objects: [String: [UInt8]] = [:]
        for (index, key) in Self.odd.enumerated() {
            objects[key] = BucketSandbox.bytes(index * 7 % 50, seed: UInt64(index))
        }
        try await sandbox.put(objects)
        let document = try await sandbox.succeed(sandbox.task())
        sandbox.expect(objects)
        #expect(document.objects["done"] == objects.count)
        #expect(try await sandbox.succeed(sandbox.task()).objects["skipped"] == objects.count)
    }

    /// Also as the one object that is asked for.
    @Test(arguments: Server.allCases, ["a b+c%20d", "new\nline", "ü?x#y"])
    func asASingleSource(on server: Server, key: String) async throws {
        let sandbox = try await server.sandbox()
        try await sandbox.put([key: "single"] as [String: String])
        let source = "\(sandbox.url)/\(key)".replacingOccurrences(of: "\n", with: "\\n")
        try await sandbox.succeed(sandbox.task(source))
        #expect(try TemporaryFolder.text(of: sandbox.files.destination) == "single")
    }

    /// S3 has keys of 1024 bytes, in segments that files can have.
    @Test(arguments: Server.allCases)
    func longestKeys(on server: Server) async throws {
        let sandbox = try await server.sandbox()
        let segment = String(repeating: "s", count: 204)
        let key = Array(repeating: segment, count: 5).joined(separator: "/")
        try #require(key.utf8.count == 1024)
        try await sandbox.put([key: "long"] as [String: String])
        try await sandbox.succeed(sandbox.task())
        sandbox.expect([key: "long"])
    }

    /// A copy without them would look like a copy of all, so nothing is copied.
    @Test(
        arguments: Server.allCases,
        ["a//b", "/lead", "a/../b", "..", "./x", "a/.", String(repeating: "n", count: 256), "tail/"])
    func keysThatCannotBeFiles(on server: Server, key: String) async throws {
        let sandbox = try await server.sandbox()
        try await sandbox.put([key: "content", "fine": "fine"] as [String: String])
        for options in [[], ["--dry-run"]] {
            let finished = try await sandbox.start(sandbox.task(), options).end()
            #expect(finished.status == 73, "\(finished.output)\(finished.errors)")
            #expect(try Document(finished).diagnostics.contains { $0.hasPrefix("error destination-denied") })
            #expect(finished.output.contains("exclude"))
        }
        #expect(sandbox.files.names == [])
    }

    /// A server may list what nobody can ask it for, or what no file can be called.
    @Test(arguments: [("%FF%FE.bin", "is not UTF-8"), ("fine%00.bin", "holds a NUL")])
    func aKeyThatIsNoName(key: String, says: String) async throws {
        let server = try ScriptedServer { request, connection in
            let keys = [key, "fine"].map {
                "<Contents><Key>\($0)</Key><Size>4</Size><ETag>\"0\"</ETag></Contents>"
            }
            try connection.answer(
                200, [:], "<ListBucketResult><EncodingType>url</EncodingType>\(keys.joined())</ListBucketResult>")
        }
        var sandbox = try await Server.ceph.sandbox()
        sandbox.port = server.port
        for options in [[], ["--dry-run"]] {
            let finished = try await sandbox.start(sandbox.task(), options).end()
            #expect(finished.status == 73, "\(finished.output)\(finished.errors)")
            #expect(finished.output.contains(says) && finished.output.contains("exclude"))
        }
        #expect(sandbox.files.names == [])
    }

    /// Names of the shape that our own temporary ones have are like others; also when what is there is copied again.
    @Test(arguments: Server.allCases)
    func namesThatLookLikeOurs(on server: Server) async throws {
        let sandbox = try await server.sandbox()
        let keys = [
            ".provision-x.tmp/y", ".provision-2k8x0q.tmp/part-1", ".provision-2k8x0q.tmp/part-1.notes",
            ".provision-0.tmp/1",
            ".provision-file.tmp", ".provision-/x", ".provision-X.tmp/y", ".provision-x.tmpl/y", ".provision-x-y.tmp/1",
            ".provision-upload-0/y",
            ".provision-01234567890123.tmp/part-1", "a/.provision-x.tmp/y", "a/.provision-x.tmp/part-1", "1", "2",
            "part-1",
            "part-1.notes", "manifest", "lock", ".provision-upload-0123456789abcdef0123456789abcdef",
        ]
        let objects = Dictionary(uniqueKeysWithValues: keys.map { ($0, "content of \($0)") })
        try await sandbox.put(objects)
        try await sandbox.succeed(sandbox.task())
        #expect(sandbox.found == objects.mapValues { Array($0.utf8) })
        #expect(try await sandbox.succeed(sandbox.task()).objects["skipped"] == keys.count)
        #expect(try await sandbox.succeed(sandbox.task(nil, "on_nonempty: refuse")).objects["skipped"] == keys.count)
        try Files.remove(sandbox.files.destination + "/.provision-0.tmp/1")
        #expect(try await sandbox.succeed(sandbox.task(nil, "on_nonempty: mirror")).objects["done"] == 1)
        #expect(try await sandbox.succeed(sandbox.task(), "--force").objects["done"] == keys.count)
        #expect(sandbox.found == objects.mapValues { Array($0.utf8) })
    }

    /// The folder that a copy leaves which is killed in the middle of `large`.
    private func leftByAKilledCopy(in sandbox: BucketSandbox) async throws -> String {
        var killed = sandbox
        let proxy = try killed.proxy(Fault(.stall(after: 100_000), of: "/large", skip: 2))
        let running = try killed.start(killed.task(nil, "part_size: 5MiB, concurrency: 2"))
        for _ in 0..<4000 where proxy.done == [0] { try await Task.sleep(for: .milliseconds(2)) }
        running.signal(SIGKILL)
        _ = try await running.end()
        return try #require(sandbox.files.names.first { $0.hasPrefix(".provision-") && !$0.contains("/") })
    }

    /// A destination with what a killed run has left was put into a bucket, and comes back to where that still is: our note
    /// and the key name the same folder. Nothing is taken for the other, and without the key nothing is missing.
    @Test(arguments: Server.allCases)
    func whatAKilledRunHasLeftComesBack(on server: Server) async throws {
        let sandbox = try await server.sandbox()
        let large = BucketSandbox.bytes(16 << 20)
        try await sandbox.put(["large": large, "small": [1]])
        let left = try await leftByAKilledCopy(in: sandbox)
        try await sandbox.put([left + "/mine": "not yours", left + "/1": "nor this"] as [String: String])
        let before = FileTree(sandbox.files.destination).names
        let document = try await sandbox.fail(73, sandbox.task())
        #expect(document.diagnostics.contains { $0.contains(left) })
        #expect(FileTree(sandbox.files.destination).names == before)
        try await sandbox.succeed(sandbox.task(nil, "exclude: \(left), part_size: 5MiB"))
        sandbox.expect(["large": large, "small": [1]])
    }

    /// What somebody has put into such a folder is not ours to remove.
    @Test(arguments: Server.allCases)
    func whatSomebodyHasPutIntoOurFolderStays(on server: Server) async throws {
        let sandbox = try await server.sandbox()
        try await sandbox.put(["large": BucketSandbox.bytes(16 << 20)])
        let left = try await leftByAKilledCopy(in: sandbox)
        try Files.write("precious", to: sandbox.files.destination + "/\(left)/precious")
        try await sandbox.succeed(sandbox.task(nil, "part_size: 5MiB"))
        #expect(sandbox.files.names == ["large", left, left + "/precious"])
    }

    @Test(arguments: Server.allCases)
    func keysThatCannotBeFilesMayBeExcluded(on server: Server) async throws {
        let sandbox = try await server.sandbox()
        try await sandbox.put(["a//b": "content", "fine": "fine"] as [String: String])
        try await sandbox.succeed(sandbox.task(nil, "exclude: 'a/'"))
        sandbox.expect(["fine": "fine"])
    }

    @Test(arguments: Server.allCases)
    func anObjectWhereAFolderIsNeeded(on server: Server) async throws {
        let sandbox = try await server.sandbox()
        try await sandbox.put(["a": "file", "a-c": "between", "a/b": "below"] as [String: String])
        let document = try await sandbox.fail(73, sandbox.task())
        #expect(
            document.diagnostics.contains { $0.contains("`a`") && $0.contains("folder") }, "\(document.diagnostics)")
        #expect(sandbox.files.names == [])
        try await sandbox.succeed(sandbox.task("\(sandbox.url)/a/"))
        sandbox.expect(["b": "below"])
    }

    /// Markers of folders become folders, and empty objects empty files.
    @Test(arguments: Server.allCases)
    func markersAndEmptyObjects(on server: Server) async throws {
        let sandbox = try await server.sandbox()
        try await sandbox.put(
            ["empty/": "", "full/": "", "full/x": "x", "nothing": "", "deep/er/": ""] as [String: String])
        let document = try await sandbox.succeed(sandbox.task())
        sandbox.expect(["full/x": "x", "nothing": ""])
        #expect(sandbox.files.names == ["empty", "full", "full/x", "nothing", "deep", "deep/er"])
        #expect(document.mounts.first?.bytes["total"] == 1)
    }
}
