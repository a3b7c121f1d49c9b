import Foundation
import TestSupport
import Testing

/// `provision ls URL`
@Suite(.apart) struct ListTests {
    private func list(_ url: String, _ server: ScriptedServer, _ format: String = "text") throws -> Finished {
        try provision("ls", url, "--output", format, environment: BucketStandIn.environment(server))
    }

    @Test func oneLevel() throws {
        let server = try BucketStandIn().serve()
        let top = try list("s3://data", server)
        #expect(top.status == 0, "\(top)")
        #expect(
            top.output == """
                2026-11-20 10:00:00            4 a.txt
                                             PRE d/
                2026-11-20 10:00:00            2 z.txt

                """)
        for url in ["s3://data/d/", "s3://data/d"] {
            let below = try list(url, server)
            #expect(
                below.output == """
                    2026-11-20 10:00:00            2 b.txt
                                                 PRE e/

                    """)
        }
    }

    @Test func anObjectWithAllThatIsKnown() throws {
        let server = try BucketStandIn().serve()
        #expect(try list("s3://data/d/b.txt", server).output == "2026-11-20 10:00:00            2 b.txt\n")
        let json = try list("s3://data/d/b.txt", server, "json")
        let document = try JSONSerialization.jsonObject(with: Data(json.output.utf8)) as? [String: Any]
        let entry = try #require((document?["entries"] as? [[String: Any]])?.first)
        #expect(entry["name"] as? String == "b.txt" && entry["key"] as? String == "d/b.txt")
        #expect(entry["content_type"] as? String == "text/plain")
        #expect(entry["metadata"] as? [String: String] == ["by": "tests"])
        #expect(entry["modified"] as? String == "2026-11-20T10:00:00.000Z")
    }

    @Test(arguments: [1, 7, 1000])
    func pages(size: Int) throws {
        var standIn = BucketStandIn()
        standIn.objects = Dictionary(uniqueKeysWithValues: (100..<140).map { ("k\($0)", "x") })
        standIn.pageSize = size
        let server = try standIn.serve()
        let json = try list("s3://data", server, "json")
        let document = try #require(
            JSONSerialization.jsonObject(with: Data(json.output.utf8)) as? [String: Any], "\(json)")
        #expect(
            (document["entries"] as? [[String: Any]])?.map { $0["name"] as? String } == (100..<140).map { "k\($0)" })
        #expect(document["objects"] as? Int == 40 && document["bytes"] as? Int == 40)
        #expect(document["ok"] as? Bool == true)
        let lines = try list("s3://data", server, "ndjson").output.split(separator: "\n")
        #expect(lines.count == 41)
        #expect(lines.last?.contains("\"summary\"") == true)
    }

    @Test func failures() throws {
        var standIn = BucketStandIn()
        let server = try standIn.serve()
        let none = try list("s3://data/none", server, "json")
        #expect(none.status == 66)
        let document = try JSONSerialization.jsonObject(with: Data(none.output.utf8)) as? [String: Any]
        #expect(document?["exit_code"] as? Int == 66 && (document?["entries"] as? [Any])?.isEmpty == true, "\(none)")
        #expect(none.errors.hasPrefix("provision: not-found: "))
        standIn.refusesList = 403
        let refusing = try standIn.serve()
        let denied = try list("s3://data", refusing)
        #expect(denied.status == 77 && denied.output == "")
        #expect(!denied.errors.contains("hush"))
        #expect(try provision("ls", "s4://team-data").status == 78)
        standIn = BucketStandIn()
        standIn.objects = [:]
        let empty = try standIn.serve()
        let nothing = try list("s3://data", empty)
        #expect(nothing.status == 0 && nothing.output == "")
    }

    @Test func foldersAndTheWeb() throws {
        let folder = try TemporaryFolder()
        try Files.makeFolder(folder.path("src"))
        try folder.write("1234", to: "src/a\nb")
        try Files.makeFolder(folder.path("src/d"))
        try folder.write("1", to: "src/d/x")
        let local = try provision("ls", "./src", in: folder.path)
        let lines = local.output.split(separator: "\n")
        #expect(lines.count == 2 && lines[0].hasSuffix("4 a\\nb") && lines[1].hasSuffix("PRE d/"), "\(local)")
        #expect(try provision("ls", "./src/d/x", in: folder.path).output.hasSuffix("1 x\n"))
        let server = try ScriptedServer { try WebFile("1234").answer($0, $1) }
        let web = try provision("ls", "http://127.0.0.1:\(server.port)/a%20b?x=hush", "--output", "json")
        #expect(web.status == 0 && web.output.contains("\"a b\"") && !web.output.contains("hush"), "\(web)")
    }
}
