import Foundation
import TestSupport
import Testing

/// Keys that are hard to carry, from the servers that keep them all as they are.
@Suite(.onCeph, .onOpenStack) struct S3KeyTests {
    enum Server: CaseIterable {
        case ceph, openStackSwift

        fileprivate func sandbox() async throws -> S3Sandbox {
            switch self {
            case .ceph: try await S3Sandbox(CephGateway.shared)
            case .openStackSwift: try await S3Sandbox(OpenStackSwift.shared)
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
            objects[key] = S3Sandbox.bytes(index * 7 % 50, seed: UInt64(index))
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
        let source = "s3://\(sandbox.bucket)/\(key)".replacingOccurrences(of: "\n", with: "\\n")
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
        [
            "a//b", "/lead", "a/../b", "..", "./x", "a/.", String(repeating: "n", count: 256), "tail/",
            ".provision-x.tmp",
        ])
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
        try await sandbox.succeed(sandbox.task("s3://\(sandbox.bucket)/a/"))
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
