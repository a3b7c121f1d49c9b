import Foundation
import TestSupport
import Testing

/// What the keys of an entry come to, as the plan shows it.
@Suite(.apart) struct DryRunEntryTests {
    private let sandbox: DryRunSandbox

    init() throws {
        sandbox = try DryRunSandbox()
        try sandbox.folder.write("", to: "file")
    }

    /// The only entry's member of the plan, with a task of this one entry.
    private func planned(_ entry: String, _ options: String...) throws -> [String: Any] {
        let finished = try sandbox.dryRun("file_mounts: {/x: \(entry)}", "--output", "json")
        #expect(finished.status == 0, "\(finished.output)")
        return try #require(try sandbox.plan(finished).first)
    }

    private func strategy(_ entry: String) throws -> [String: Any] {
        try #require(try planned(entry)["strategy"] as? [String: Any])
    }

    @Test(arguments: [
        ("s3://team-data", "COPY", "s3"), ("./file", "COPY", "file"), ("https://example.com/x", "COPY", "web"),
        ("{source: s3://team-data}", "MOUNT", "s3"), ("{source: gs://team-data/x/}", "MOUNT", "gcs"),
        ("{source: ./file}", "COPY", "file"), ("{source: [./file, s3://team-data/y]}", "COPY", nil),
        ("{source: https://example.com/x}", "COPY", "web"), ("{name: team-data}", "MOUNT", "s3"),
        ("{name: team-data, store: gcs}", "MOUNT", "gcs"), ("{name: team-data, store: R2}", "MOUNT", "r2"),
        ("{source: https://acct.blob.core.windows.net/box/x}", "MOUNT", "azure"),
        ("{source: s3://team-data, mode: copy}", "COPY", "s3"),
        ("{source: s3://team-data, mode: Mount_Cached}", "MOUNT_CACHED", "s3"),
    ])
    func modeAndStore(entry: String, mode: String, store: String?) throws {
        let plan = try planned(entry)
        #expect(plan["mode"] as? String == mode)
        if let store { #expect(plan["store"] as? String == store) }
    }

    private static let sizesOf: [(String, Int)] = [
        ("10MiB", 10_485_760), ("10M", 10_485_760), ("10m", 10_485_760), ("10Mi", 10_485_760), ("1GiB", 1_073_741_824),
        ("1G", 1_073_741_824), ("1g", 1_073_741_824), ("500MB", 500_000_000), ("500M", 524_288_000),
        ("1GB", 1_000_000_000),
        ("7340033", 7_340_033), ("10240KiB", 10_485_760), ("10240k", 10_485_760),
    ]

    @Test(arguments: sizesOf)
    func sizes(text: String, bytes: Int) throws {
        #expect(try strategy("{source: s3://team-data, mode: COPY, part_size: \(text)}")["part_size"] as? Int == bytes)
    }

    @Test(arguments: [
        ("30s", "30s"), ("90s", "1m30s"), ("10m", "10m"), ("12h", "12h"), ("7d", "7d"), ("500ms", "500ms"),
        ("1h30m", "1h30m"),
        ("0", "0s"),
    ])
    func durations(text: String, meaning: String) throws {
        let written = try strategy("{source: s3://team-data, metadata_ttl: \(text)}")["metadata_ttl"] as? String
        let spelled = try strategy("{source: s3://team-data, metadata_ttl: \(meaning)}")["metadata_ttl"] as? String
        #expect(written != nil && written == spelled)
    }

    @Test(arguments: [
        "part_size: 10 parsecs", "part_size: -1G", "part_size: 1.5", "metadata_ttl: 10", "metadata_ttl: 1w",
        "metadata_ttl: -1s",
    ])
    func noSizeAndNoDuration(key: String) throws {
        let mode = key.hasPrefix("part") ? "COPY" : "MOUNT"
        let finished = try sandbox.dryRun("file_mounts: {/x: {source: s3://team-data, mode: \(mode), \(key)}}")
        #expect(finished.status == 78, "\(finished.output)")
        #expect(
            finished.output.contains("error[bad-value]") || finished.output.contains("error[bad-type]"),
            "\(finished.output)")
    }

    @Test func defaultsOfMounts() throws {
        #expect(try strategy("{source: s3://team-data}")["commit"] as? String == "close")
        #expect(try strategy("{source: s3://team-data, mode: MOUNT_CACHED}")["commit"] as? String == "fsync")
        #expect(try strategy("{source: s3://team-data}")["on_nonempty"] as? String == "refuse")
        #expect(try strategy("./file")["on_nonempty"] as? String == "merge")
        let ttl = try strategy("{source: s3://team-data}")["metadata_ttl"] as? String
        #expect(ttl == (try strategy("{source: s3://team-data, metadata_ttl: 1s}")["metadata_ttl"] as? String))
    }

    /// Names that S3 itself would refuse may exist on a store of one's own, wherever that is named.
    @Test func bucketNamesOfOtherServices() throws {
        let entry = "file_mounts: {/x: s3://My_Bucket/x}"
        #expect(try sandbox.dryRun(entry).status == 78)
        let named = try sandbox.dryRun(
            "file_mounts: {/x: {source: s3://My_Bucket/x, endpoint: 'https://h:9000', anonymous: true}}")
        #expect(named.status == 0, "\(named.output)")
        #expect(named.output.contains("warning[bad-bucket-name]"))
        for name in ["AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL"] {
            #expect(try sandbox.dryRun(entry, environment: [name: "http://h:9000"]).status == 0)
            // A task's own variables are not the operator's.
            #expect(try sandbox.dryRun("envs: {\(name): 'http://h:9000'}\n" + entry).status == 78)
        }
        #expect(try sandbox.dryRun("file_mounts: {/x: s3://under_score/x}").status == 0)
    }

    @Test func everyMemberOfAProblem() throws {
        let finished = try sandbox.dryRun(
            "file_mounts:\n  /x:\n    source: s3://team-data\n    moed: COPY\n", "--output", "json")
        let problem = try #require((try sandbox.document(finished)["diagnostics"] as? [[String: Any]])?.first)
        #expect(Set(problem.keys) == ["severity", "code", "message", "hint", "file", "line", "column", "path"])
        #expect(problem["severity"] as? String == "error")
        #expect(problem["code"] as? String == "unknown-key")
        #expect(problem["file"] as? String == "task.yaml")
        #expect(problem["line"] as? Int == 4 && problem["column"] as? Int == 5)
        #expect(problem["path"] as? String == "file_mounts./x.moed")
    }
}
