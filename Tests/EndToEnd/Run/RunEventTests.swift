import Foundation
import TestSupport
import Testing

/// The documents of a run by their members: `--output json`, `--output ndjson`.
@Suite(.apart) struct RunEventTests {
    private let sandbox: CopySandbox

    init() throws {
        sandbox = try CopySandbox()
        try sandbox.write(["src/a": "1", "src/d/b": "22", "file": "mine"])
    }

    private func events(_ finished: Finished) throws -> [[String: Any]] {
        try finished.output.split(separator: "\n").map {
            try #require(try JSONSerialization.jsonObject(with: Data($0.utf8)) as? [String: Any])
        }
    }

    private static let timestamp = try? NSRegularExpression(pattern: #"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$"#)

    private func isTimestamp(_ value: Any?) -> Bool {
        guard let text = value as? String else { return false }
        return Self.timestamp?.firstMatch(in: text, range: NSRange(text.startIndex..., in: text)) != nil
    }

    @Test func everyMemberOfTheDocument() throws {
        try Files.makePipe(sandbox.path("src/pipe"))
        let task =
            "file_mounts: {\(sandbox.path("x//./y/")): {source: ./src}, \(sandbox.path("file")): {source: ./src}}"
        let document = try sandbox.fail(73, task).json
        #expect(
            Set(document.keys) == [
                "v", "task", "result", "exit_code", "exit_source", "started", "diagnostics", "mounts",
            ])
        #expect(document["v"] as? Int == 1)
        #expect(document["task"] as? String == "task")
        #expect(document["result"] as? String == "failed")
        #expect(document["exit_source"] as? String == "provision")
        #expect(isTimestamp(document["started"]))
        let diagnostics = try #require(document["diagnostics"] as? [[String: Any]])
        #expect(diagnostics.count == 3)
        for diagnostic in diagnostics {
            #expect(
                Set(diagnostic.keys) == ["severity", "code", "message", "hint", "file", "line", "column", "path"])
            #expect(diagnostic["file"] as? String == "task.yaml")
            #expect(diagnostic["line"] as? Int == 1)
        }
        let mounts = try #require(document["mounts"] as? [[String: Any]])
        for mount in mounts {
            #expect(
                Set(mount.keys) == [
                    "destination", "path", "source", "mode", "state", "objects", "bytes", "seconds", "requests",
                    "retries",
                    "identity", "pid", "uploads", "kept", "error",
                ])
        }
        let copied = try #require(mounts.first)
        #expect(copied["destination"] as? String == sandbox.path("x//./y/"))
        #expect(copied["path"] as? String == sandbox.path("x/y"))
        #expect(copied["source"] as? String == "./src")
        #expect(copied["mode"] as? String == "COPY")
        #expect(copied["state"] as? String == "copied")
        #expect(copied["objects"] as? [String: Int] == ["total": 2, "done": 2, "skipped": 0])
        #expect(copied["bytes"] as? [String: Int] == ["total": 3, "done": 3])
        #expect(copied["uploads"] as? [String: Int] == ["files": 0, "bytes": 0, "pending": 0, "failed": 0])
        #expect(copied["error"] is NSNull)
        let error = try #require(mounts.last?["error"] as? [String: Any])
        #expect(Set(error.keys) == ["code", "message", "hint", "retryable"])
        #expect(error["retryable"] as? Bool == false)
    }

    @Test func everyEvent() throws {
        try Files.makePipe(sandbox.path("src/pipe"))
        let task = "file_mounts: {\(sandbox.destination): {source: ./src}}"
        let events = try events(sandbox.run(task, ["--output", "ndjson"]))
        for event in events {
            #expect(event["v"] as? Int == 1)
            #expect(isTimestamp(event["ts"]))
            #expect(event.keys.contains("mount"))
        }
        let log = try #require(events.first)
        #expect(log["event"] as? String == "log")
        #expect(log["level"] as? String == "warning")
        #expect(log["mount"] as? String == sandbox.destination)
        #expect((log["diagnostic"] as? [String: Any])?["code"] as? String == "bad-value")
        let states = events.filter { $0["event"] as? String == "state" }
        #expect(states.allSatisfy { $0["mount"] as? String == sandbox.destination })
        #expect(states.compactMap { $0["state"] as? String }.last == "copied")
        let summary = try #require(events.last)
        #expect(summary["event"] as? String == "summary")
        #expect(summary["mount"] is NSNull)
        #expect(summary["exit_code"] as? Int == 0)
        #expect((summary["mounts"] as? [[String: Any]])?.count == 1)
    }

    /// A mount's events appear while it works.
    @Test func eventsComeAsThingsHappen() throws {
        try sandbox.makeFiles(1500)
        let running = try sandbox.start(sandbox.task(), ["--jobs", "1", "--output", "ndjson"])
        let wasAtWork = try running.halt { running.outputSoFar.contains("\"copying\"") }
        try #require(wasAtWork, "the copy had ended already")
        #expect(!running.outputSoFar.contains("summary"))
        running.resume()
        #expect(try running.wait().status == 0)
    }

    /// A mount that an interruption has kept from beginning is skipped, not failed.
    @Test func mountsThatWereNotBegun() throws {
        try sandbox.makeFiles(1500)
        let inner = sandbox.destination + "/inner"
        let task = "file_mounts: {\(sandbox.destination): {source: ./src}, \(inner): ./file}"
        let running = try sandbox.start(task, ["--jobs", "1"])
        try #require(try running.halt { Files.isThere(sandbox.destination + "/10002") }, "the copy had ended already")
        running.signal(SIGTERM)
        running.resume()
        let document = try Document(try running.wait())
        #expect(document.mounts.map(\.state) == ["failed", "skipped"])
        #expect(document.mounts.first?.code == "cancelled")
        #expect(document.mounts.first?.error["retryable"] as? Bool == true)
        #expect(!Files.isThere(inner))
    }
}
