import Foundation
import TestSupport
import Testing

/// The plan that `provision --dry-run --offline TASK.yaml` prints.
@Suite(.apart) struct DryRunPlanTests {
    private let sandbox: DryRunSandbox

    init() throws {
        sandbox = try DryRunSandbox()
    }

    @Test func parentsComeBeforeChildren() throws {
        let finished = try sandbox.dryRun(
            """
            file_mounts:
              /data/a/b/c: s3://team-data/3
              /other: s3://team-data/0
              /data/a: s3://team-data/2
              /data: s3://team-data/1
              /data2: s3://team-data/4
            """, "--output", "json")
        #expect(
            try sandbox.plan(finished).compactMap { $0["destination"] as? String }
                == ["/data", "/data/a", "/data/a/b/c", "/other", "/data2"])
    }

    @Test func theDocument() throws {
        let text = """
            name: train
            providers: {lab: {provider: minio, endpoint: "minio.lab:9000", region: here}}
            file_mounts:
              ~/data/: {source: s3://Team/x, provider: lab, mode: COPY, exclude: "*.tmp"}
              /out: {name: team-out, store: gs}
              /list: {source: ["./task.yaml", "s3://team-data/y"]}
            """
        let finished = try sandbox.dryRun(
            text, "--output", "json", "--root", "/mnt/root", environment: ["HOME": "/home/me/"])
        #expect(finished.status == 0)
        let document = try sandbox.document(finished)
        #expect(document["v"] as? Int == 1)
        #expect(document["task"] as? String == "train")
        #expect(document["ok"] as? Bool == true)
        let plan = try sandbox.plan(finished)
        let first = try #require(plan.first)
        #expect(first["destination"] as? String == "~/data/")
        #expect(first["path"] as? String == "/mnt/root/home/me/data")
        #expect(first["source"] as? String == "s3://Team/x")
        #expect(first["endpoint"] as? String == "https://minio.lab:9000")
        #expect(first["region"] as? String == "here")
        for key in ["identity", "objects", "bytes"] { #expect(first[key] is NSNull, "\(key)") }
        let strategy = try #require(first["strategy"] as? [String: Any])
        #expect(strategy["exclude"] as? [String] == ["*.tmp"])
        #expect(plan[1]["source"] as? String == "gs://team-out")
        #expect(plan[1]["mode"] as? String == "MOUNT")
        #expect(plan[1]["store"] as? String == "gcs")
        #expect(plan[2]["source"] as? [String] == ["./task.yaml", "s3://team-data/y"])
        #expect(plan[2]["mode"] as? String == "COPY")
    }

    @Test func events() throws {
        let finished = try sandbox.dryRun(
            "file_mounts: {/a: {source: s3://team-data, modee: COPY}, /b: s3://team-data}", "--output", "ndjson")
        let events = try finished.output.split(separator: "\n").map {
            try #require(try JSONSerialization.jsonObject(with: Data($0.utf8)) as? [String: Any])
        }
        #expect(events.compactMap { $0["event"] as? String } == ["log", "plan", "plan", "summary"])
        #expect(events.first?["mount"] as? String == "/a")
        #expect(events.last?["exit_code"] as? Int == 78)
        #expect(events.allSatisfy { $0["v"] as? Int == 1 })
    }
}
