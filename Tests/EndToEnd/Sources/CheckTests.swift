import Foundation
import TestSupport
import Testing

/// `provision check URL…`
@Suite(.apart) struct CheckTests {
    private let folder: TemporaryFolder

    init() throws {
        folder = try TemporaryFolder()
    }

    private func check(
        _ words: [String], _ status: Int32 = 0, environment: [String: String] = [:],
        at location: Testing.SourceLocation = #_sourceLocation
    ) throws -> [[String: Any]] {
        let finished = try Program.run(
            [Program.provision, "check", "--output", "json"] + words, environment: environment, in: folder.path)
        #expect(finished.status == status, "\(finished.output)\(finished.errors)", sourceLocation: location)
        #expect(!finished.output.contains("hush") && !finished.errors.contains("hush"), sourceLocation: location)
        let json = try JSONSerialization.jsonObject(with: Data(finished.output.utf8)) as? [String: Any]
        #expect(json?["v"] as? Int == 1 && json?["exit_code"] as? Int == Int(status), sourceLocation: location)
        let checks = try #require(json?["checks"] as? [[String: Any]])
        for check in checks {
            #expect(
                Set(check.keys) == ["url", "store", "endpoint", "region", "identity", "listed", "read", "error"],
                sourceLocation: location)
        }
        return checks
    }

    private func code(_ check: [String: Any]) -> String? { (check["error"] as? [String: Any])?["code"] as? String }

    @Test func aBucket() throws {
        let server = try BucketStandIn().serve()
        let environment = BucketStandIn.environment(server)
        let found = try check(
            ["s3://data", "s3://data/d/", "s3://data/d", "s3://data/a.txt"], environment: environment)
        #expect(found.map { ($0["listed"] as? [String: Any])?["objects"] as? Int } == [4, 2, 2, 1])
        #expect(
            found.map { ($0["read"] as? [String: Any])?["key"] as? String } == ["a.txt", "d/b.txt", "d/b.txt", "a.txt"])
        #expect(found.allSatisfy { ($0["read"] as? [String: Any])?["bytes"] as? Int == 1 })
        #expect(found[0]["endpoint"] as? String == "http://127.0.0.1:\(server.port)")
        #expect(found[0]["region"] as? String == "eu-west-1")
        #expect(found[0]["identity"] as? String == "environment AWS_ACCESS_KEY_ID AKID…EFGH")
        let text = try provision("check", "s3://data/d/", environment: environment)
        #expect(text.output.contains("lists  2 objects") && text.output.contains("reads  1 byte of d/b.txt"), "\(text)")
        let lines = try provision("check", "s3://data", "s3://data/x", "--output", "ndjson", environment: environment)
        #expect(lines.status == 66)
        #expect(lines.output.split(separator: "\n").count == 2)
    }

    @Test func whatDoesNotWork() throws {
        var standIn = BucketStandIn()
        standIn.refusesList = 403
        let unlisted = try standIn.serve()
        let environment = BucketStandIn.environment(unlisted)
        #expect(code(try check(["s3://data/d/"], 77, environment: environment)[0]) == "denied")
        // A copy of the object would do without the list.
        let object = try check(["s3://data/a.txt"], environment: environment)[0]
        #expect((object["listed"] as? [String: Any])?["ok"] as? Bool == false)
        #expect((object["read"] as? [String: Any])?["ok"] as? Bool == true)
        standIn = BucketStandIn(refusesGet: 403)
        let unread = try standIn.serve()
        let refused = try check(["s3://data/d/"], 77, environment: BucketStandIn.environment(unread))[0]
        #expect((refused["listed"] as? [String: Any])?["objects"] as? Int == 2)
        #expect((refused["read"] as? [String: Any])?["ok"] as? Bool == false)
        let others = try BucketStandIn().serve()
        let asked = try check(
            ["s3://other", "s3://data/none/", "s3://data/a"], 66, environment: BucketStandIn.environment(others))
        #expect(asked.map(code) == ["not-found", "not-found", "not-found"])
    }

    @Test func failuresOfATask() throws {
        #expect(code(try check(["s4://x"], 78)[0]) == "bad-scheme")
        #expect(code(try check(["s3://UPPER"], 78)[0]) == "bad-bucket-name")
        #expect(code(try check(["./none"], 66)[0]) == "not-found")
        #expect(code(try check(["s3://user:hush@team-data"], 78)[0]) == "bad-value")
        let environment = ["AWS_EC2_METADATA_DISABLED": "true"]
        #expect(code(try check(["s3://team-data"], 77, environment: environment)[0]) == "no-credentials")
        let port = try FreePorts.take(1)[0]
        let nobody = ["AWS_ENDPOINT_URL_S3": "http://127.0.0.1:\(port)"]
        let stalled = try ScriptedServer { $0.stall() }
        let stuck = try check(
            ["http://127.0.0.1:\(stalled.port)/x", "http://127.0.0.1:\(stalled.port)/y", "--timeout", "1s"], 75,
            environment: nobody)
        #expect(stuck.map(code) == ["timeout", "timeout"])
        #expect(try provision("check").status == 64)
        #expect(try provision("check", "x", "--providers", folder.path("none")).status == 66)
    }

    @Test func localPathsAndTheWeb() throws {
        try Files.makeFolder(folder.path("src"))
        try folder.write("1234", to: "src/a$b")
        try folder.write("", to: "src/empty")
        let found = try check(["./src", "./src/a$b", "./src/empty", "file://\(folder.path("src"))"])
        #expect(found.map { ($0["listed"] as? [String: Any])?["objects"] as? Int } == [2, nil, nil, 2])
        #expect(found.map { ($0["read"] as? [String: Any])?["bytes"] as? Int } == [1, 1, 0, 1])
        let server = try ScriptedServer { try WebFile("1234").answer($0, $1) }
        let web = try check(["http://127.0.0.1:\(server.port)/x?sig=hush"])[0]
        #expect(web["listed"] is NSNull)
        #expect((web["read"] as? [String: Any])?["bytes"] as? Int == 1)
        #expect(web["identity"] as? String == "anonymous")
    }

    @Test func providers() throws {
        let server = try BucketStandIn().serve()
        try folder.write(
            "lab: {provider: minio, endpoint: \"http://127.0.0.1:\(server.port)\", buckets: data, access_key: AKIDLABLABLABLAB, secret_key: hush}",
            to: "providers.yaml")
        let found = try check(["s3://data", "--providers", "providers.yaml"])[0]
        #expect(found["identity"] as? String == "provider lab AKID…BLAB")
    }
}
