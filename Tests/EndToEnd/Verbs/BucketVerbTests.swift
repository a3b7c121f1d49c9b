import Foundation
import Signing
import TestSupport
import Testing

/// `provision check` and `provision ls` on real servers: what they say and how they end for each right that somebody has.
@Suite(.onSeaweedFS, .onCeph) struct BucketVerbTests {
    enum Server: CaseIterable {
        case seaweedFS, ceph

        var shared: SharedServer {
            switch self {
            case .seaweedFS: SeaweedFS.shared
            case .ceph: CephGateway.shared
            }
        }
    }

    private static let objects = ["a.txt": "1234", "d/b.txt": "56", "d/e/c.txt": "7", "z": ""]

    private func sandbox(_ server: Server) async throws -> BucketSandbox {
        try await BucketSandbox(server.shared, .text(Self.objects))
    }

    /// Of somebody who has only this right.
    private func sandbox(_ server: Server, only right: BucketRight) async throws -> BucketSandbox {
        var sandbox = try await sandbox(server)
        let somebody: AWSCredentials
        switch server {
        case .seaweedFS: somebody = SeaweedFS.user(only: right)
        case .ceph:
            somebody = TestBucketServer.stranger
            try await CephGateway.letStranger(right, in: sandbox.bucket)
        }
        sandbox.environment.merge(somebody.variables) { _, new in new }
        return sandbox
    }

    private static let wrongKeys = [
        ["AWS_SECRET_ACCESS_KEY": "WRONGSECRET"], ["AWS_ACCESS_KEY_ID": "AKIDNOBODY"],
        TestBucketServer.stranger.variables,
    ]

    /// Of somebody who is not whom he says he is, is unknown, or has no right to anything.
    private func sandbox(_ server: Server, wrongKeys number: Int) async throws -> BucketSandbox {
        var sandbox = try await sandbox(server)
        sandbox.environment.merge(Self.wrongKeys[number]) { _, new in new }
        return sandbox
    }

    // MARK: check

    private struct Check {
        let status: Int32
        let json: [String: Any]

        func text(_ name: String) -> String? { json[name] as? String }
        func of(_ name: String, _ member: String) -> Any? { (json[name] as? [String: Any])?[member] }
        func isOK(_ name: String) -> Bool? { of(name, "ok") as? Bool }
        var code: String? { of("error", "code") as? String }
    }

    private func check(_ path: String, _ sandbox: BucketSandbox, bucket: String? = nil) async throws -> Check {
        let url = "s3://\(bucket ?? sandbox.bucket)\(path)"
        let finished = try await sandbox.start(words: [Program.provision, "check", url, "--output", "json"]).end()
        let document = try Document(finished).json
        #expect(document["exit_code"] as? Int == Int(finished.status))
        #expect(document["ok"] as? Bool == (finished.status == 0))
        #expect(!finished.output.contains("SECRET") && !finished.errors.contains("SECRET"))
        let checks = try #require(document["checks"] as? [[String: Any]])
        return Check(status: finished.status, json: try #require(checks.first))
    }

    @Test(arguments: Server.allCases)
    func checkOfWhatMayBeRead(on server: Server) async throws {
        let sandbox = try await sandbox(server)
        for (path, objects, key) in [
            ("", 4, "a.txt"), ("/d/", 2, "d/b.txt"), ("/d", 2, "d/b.txt"), ("/a.txt", 1, "a.txt"),
        ] {
            let found = try await check(path, sandbox)
            #expect(found.status == 0 && found.code == nil, "\(found)")
            #expect(found.of("listed", "objects") as? Int == objects, "\(found)")
            #expect(found.of("read", "key") as? String == key && found.of("read", "bytes") as? Int == 1, "\(found)")
            #expect(found.text("identity") == "environment AWS_ACCESS_KEY_ID AKID…")
            #expect(found.text("endpoint") == "http://127.0.0.1:\(sandbox.port)" && found.text("store") == "s3")
        }
        // There is nothing in it to read, and that is told.
        let empty = try await check("/z", sandbox)
        #expect(empty.status == 0 && empty.of("read", "bytes") as? Int == 0, "\(empty)")
    }

    /// An object can be copied without its list, a folder cannot.
    @Test(arguments: Server.allCases)
    func checkWithoutTheRightToList(on server: Server) async throws {
        let sandbox = try await sandbox(server, only: .read)
        for path in ["", "/d/"] {
            let found = try await check(path, sandbox)
            #expect(found.status == 77 && found.code == "denied", "\(found)")
            #expect(found.isOK("listed") == false && found.isOK("read") != true, "\(found)")
        }
        let object = try await check("/a.txt", sandbox)
        #expect(object.status == 0 && object.isOK("read") == true && object.isOK("listed") == false, "\(object)")
    }

    @Test(arguments: Server.allCases)
    func checkWithoutTheRightToRead(on server: Server) async throws {
        let sandbox = try await sandbox(server, only: .list)
        for (path, objects) in [("", 4), ("/d/", 2)] {
            let found = try await check(path, sandbox)
            #expect(found.status == 77 && found.code == "denied", "\(found)")
            #expect(found.isOK("listed") == true && found.of("listed", "objects") as? Int == objects, "\(found)")
            #expect(found.isOK("read") == false, "\(found)")
        }
        let object = try await check("/a.txt", sandbox)
        #expect(object.status == 77 && object.code == "denied", "\(object)")
    }

    @Test(arguments: Server.allCases)
    func checkOfWhatIsNotThere(on server: Server) async throws {
        let sandbox = try await sandbox(server)
        #expect(try await check("", sandbox, bucket: "no-such-bucket-here").status == 66)
        for path in ["/none", "/none/", "/a", "/d/b.txt/"] {
            let found = try await check(path, sandbox)
            #expect(found.status == 66 && found.code == "not-found", "\(path): \(found)")
        }
    }

    @Test(arguments: Server.allCases, 0..<3)
    func checkWithWrongKeys(on server: Server, number: Int) async throws {
        let sandbox = try await sandbox(server, wrongKeys: number)
        for path in ["", "/a.txt"] {
            let found = try await check(path, sandbox)
            #expect(found.status == 77 && found.code == "denied", "\(found)")
            #expect(found.isOK("read") != true && found.isOK("listed") != true, "\(found)")
        }
    }

    /// A copy ends as the check has said.
    @Test(arguments: Server.allCases)
    func copyWithoutTheRightToRead(on server: Server) async throws {
        let sandbox = try await sandbox(server, only: .list)
        for source in ["\(sandbox.url)/a.txt", "\(sandbox.url)/d/"] {
            let document = try await sandbox.fail(77, sandbox.task(source))
            #expect(
                document.mounts.first?.code == "denied"
                    || document.diagnostics.contains { $0.hasPrefix("error denied") })
            #expect(sandbox.found == [:])
        }
    }

    // MARK: ls

    private func list(
        _ path: String, _ sandbox: BucketSandbox, bucket: String? = nil, _ format: String = "text"
    ) async throws -> Finished {
        let url = "s3://\(bucket ?? sandbox.bucket)\(path)"
        return try await sandbox.start(words: [Program.provision, "ls", url, "--output", format]).end()
    }

    /// The names of entries, from text whose dates nobody knows before.
    private func names(_ finished: Finished) -> [String] {
        finished.output.split(separator: "\n").map { $0.split(separator: " ").suffix(2).joined(separator: " ") }
    }

    @Test(arguments: Server.allCases)
    func listOfWhatIsThere(on server: Server) async throws {
        let sandbox = try await sandbox(server)
        let top = try await list("", sandbox)
        #expect(top.status == 0 && names(top) == ["4 a.txt", "PRE d/", "0 z"], "\(top)")
        for path in ["/d", "/d/"] {
            let below = try await list(path, sandbox)
            #expect(below.status == 0 && names(below) == ["2 b.txt", "PRE e/"], "\(below)")
        }
        let object = try await list("/d/b.txt", sandbox, "json")
        let entry = try #require((try Document(object).json["entries"] as? [[String: Any]])?.first)
        #expect(entry["key"] as? String == "d/b.txt" && entry["size"] as? Int == 2, "\(object)")
        #expect((entry["version"] as? String)?.isEmpty == false && entry["archived"] as? Bool == false, "\(object)")
    }

    @Test(arguments: Server.allCases)
    func listWithHalfOfTheRights(on server: Server) async throws {
        let lister = try await sandbox(server, only: .list)
        #expect(names(try await list("", lister)) == ["4 a.txt", "PRE d/", "0 z"])
        let hidden = try await list("/a.txt", lister)
        #expect(hidden.status == 77 && hidden.errors.hasPrefix("provision: denied: "), "\(hidden)")
        let reader = try await sandbox(server, only: .read)
        for path in ["", "/d/"] {
            let refused = try await list(path, reader)
            #expect(refused.status == 77 && refused.output == "", "\(refused)")
            #expect(refused.errors.hasPrefix("provision: denied: "), "\(refused)")
        }
        #expect(names(try await list("/a.txt", reader)) == ["4 a.txt"])
    }

    @Test(arguments: Server.allCases)
    func listOfWhatIsNotThere(on server: Server) async throws {
        let sandbox = try await sandbox(server)
        for (path, bucket) in [("", "no-such-bucket-here"), ("/none", sandbox.bucket), ("/none/", sandbox.bucket)] {
            let none = try await list(path, sandbox, bucket: bucket)
            #expect(none.status == 66 && none.output == "", "\(path): \(none)")
            #expect(none.errors.hasPrefix("provision: not-found: "), "\(none)")
        }
    }

    @Test(arguments: Server.allCases, 0..<3)
    func listWithWrongKeys(on server: Server, number: Int) async throws {
        let sandbox = try await sandbox(server, wrongKeys: number)
        for path in ["", "/a.txt"] {
            let refused = try await list(path, sandbox)
            #expect(refused.status == 77 && refused.output == "", "\(refused)")
            #expect(!refused.errors.contains("SECRET"))
        }
    }
}
