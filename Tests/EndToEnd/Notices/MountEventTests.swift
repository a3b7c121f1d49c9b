import Foundation
import TestSupport
import Testing

/// Events of NDJSON, as they were printed.
private struct Events {
    let all: [[String: Any]]

    init(_ text: String) throws {
        all = try text.split(separator: "\n").map {
            try #require(try JSONSerialization.jsonObject(with: Data($0.utf8)) as? [String: Any], "\($0)")
        }
    }

    func named(_ name: String) -> [[String: Any]] { all.filter { $0["event"] as? String == name } }
    var names: [String] { all.compactMap { $0["event"] as? String } }
    var states: [String] { named("state").compactMap { $0["state"] as? String } }
    /// `path bytes`
    var uploaded: [String] { named("uploaded").map { "\($0["path"] ?? "-") \($0["bytes"] ?? "-")" }.sorted() }
}

extension Entrypoints {
    @Suite struct CommandEventTests {
        /// They go to standard error, the output being COMMAND's.
        @Test(.enabled(if: Judge.isHere, Comment(rawValue: Judge.absence)))
        func aCommand() throws {
            let sandbox = try MountSandbox(of: ["a": "hello\n"])
            let finished = try sandbox.entered(
                "mkdir $M/d && echo news > $M/d/b && echo x > $M/c && echo own", "--output", "ndjson")
            #expect(finished.status == 0 && finished.output == "own\n", "\(finished)")
            let events = try Events(finished.errors)
            #expect(events.names.first == "plan" && events.names.last == "summary")
            #expect(events.uploaded == ["c 2", "d/b 5"])
            #expect(events.named("uploaded").allSatisfy { $0["mount"] as? String == sandbox.destination })
            #expect(events.states == ["planned", "mounting", "mounted", "draining", "unmounted"], "\(events.states)")
            // They come before what they add up to.
            let uploads = try #require(
                (events.all.last?["mounts"] as? [[String: Any]])?.first?["uploads"] as? [String: Int])
            #expect(uploads["files"] == 2)
            try sandbox.files.folder.write(finished.errors, to: "e.ndjson")
            #expect(try Judge.objections(to: [sandbox.path("e.ndjson")], schema: "event") == [:])
        }

        /// While it runs, and not at its end.
        @Test func asItHappens() throws {
            let sandbox = try MountSandbox(of: ["a": "hello\n"])
            let run = try sandbox.enter(
                ["sh", "-c", "echo news > $M/b; while ! test -e \(sandbox.path("enough")); do sleep 0.1; done"],
                "--output", "ndjson")
            try sandbox.wait("the upload") { try Events(run.errorsSoFar).uploaded == ["b 5"] }
            kill(try #require(sandbox.sessions.first), SIGKILL)
            try sandbox.wait("the revival") {
                try Events(run.errorsSoFar).named("log").contains {
                    ($0["message"] as? String)?.contains("another session serves") == true
                }
            }
            #expect(try run.isRunning)
            try sandbox.write(["enough": ""])
            #expect(try run.wait(seconds: 20).status == 0)
        }
    }
}

extension MountedBuckets {
    @Suite(.over(.seaweedFS, .ceph, .google, .fakeGCS, .azure)) struct DrainEventTests {
        /// A file of which every PUT is cut off.
        private func unsaved() async throws -> (proxy: FaultProxy, sandbox: MountSandbox) {
            let (bucket, proxy, sandbox) = try await MountSandbox.ofBucket([:])
            let entry = "{source: \"\(bucket.url)\", mode: MOUNT, commit: background}"
            try sandbox.expect(0, "file_mounts: {\(sandbox.destination): \(entry)}")
            proxy.add(Fault.writing(.hangUp, times: .max))
            #expect(try sandbox.shell("echo new > $M/new").status == 0)
            return (proxy, sandbox)
        }

        /// What could not come into the bucket comes there while somebody waits for that.
        @Test(arguments: ["flush", "down"]) func aDrain(verb: String) async throws {
            let (proxy, sandbox) = try await unsaved()
            let words = [Program.provision, verb, "--state-dir", sandbox.files.state, "--output", "ndjson"]
            // One who has had enough holds nobody up.
            let other = try Program.start(words)
            try sandbox.wait("the first look") { try Events(other.outputSoFar).states.contains("draining") }
            other.signal(SIGKILL)
            _ = try other.wait()
            let drain = try Program.start(words)
            try sandbox.wait("the first look") { try Events(drain.outputSoFar).states.contains("draining") }
            proxy.removeFaults()
            let finished = try drain.wait(seconds: 60)
            let events = try Events(finished.output)
            #expect(finished.status == 0 && events.uploaded == ["new 4"], "\(finished)")
            let uploaded = try #require(events.named("uploaded").first)
            #expect(uploaded["version"] as? String != nil)
            let pending = events.named("progress").compactMap { ($0["uploads"] as? [String: Int])?["pending"] }
            #expect(pending.first == 1 && pending.last == 0, "\(pending)")
            // The one who had enough may still be waited for, as far as the supervisor knows.
            let ends = verb == "down" ? ["unmounted"] : ["mounted", "draining"]
            #expect(events.states.last.map(ends.contains) == true && events.names.last == "summary")
            guard Judge.isHere else { return }
            try sandbox.files.folder.write(finished.output, to: "e.ndjson")
            #expect(try Judge.objections(to: [sandbox.path("e.ndjson")], schema: "event") == [:])
        }

        /// They all see the last upload at once, and only one of them can unmount.
        @Test func severalWhoUnmount() async throws {
            let (proxy, sandbox) = try await unsaved()
            let words = [Program.provision, "down", "--state-dir", sandbox.files.state, "--output", "ndjson"]
            let all = try (0..<8).map { _ in try Program.start(words) }
            for one in all {
                try sandbox.wait("the first look") { try Events(one.outputSoFar).states.contains("draining") }
            }
            proxy.removeFaults()
            for one in all {
                let finished = try one.wait(seconds: 60)
                #expect(try finished.status == 0 && Events(finished.output).states.last == "unmounted", "\(finished)")
            }
            try sandbox.expectNothingLeft()
        }
    }

    /// `status --watch`.
    @Suite struct WatchTests {
        private let sandbox: MountSandbox

        init() throws {
            sandbox = try MountSandbox(of: ["a": "hello\n"])
        }

        private func watch(_ options: String...) throws -> RunningProgram {
            try Program.start(
                [Program.provision, "status", "task", "--watch", "--state-dir", sandbox.files.state] + options)
        }

        /// A document with each change, and the end with that of the task.
        @Test func untilTheTaskEnds() throws {
            try sandbox.expect(0, "file_mounts: {\(sandbox.destination): {source: ./src, mode: MOUNT}}")
            let watch = try watch("--output", "ndjson")
            try sandbox.wait("the first status") { watch.outputSoFar.contains("\"state\":\"mounted\"") }
            #expect(try sandbox.shell("echo news > $M/b").status == 0)
            try sandbox.wait("the upload") { watch.outputSoFar.contains("\"uploads\":{\"files\":1,") }
            // Nothing comes while nothing changes.
            usleep(1_500_000)
            let lines = watch.outputSoFar.split(separator: "\n").count
            #expect(lines <= 3 && lines >= 2, "\(watch.outputSoFar)")
            #expect(try sandbox.verb("down").status == 0)
            let finished = try watch.wait(seconds: 20)
            #expect(finished.status == 0)
            let events = try Events(finished.output)
            #expect(Set(events.names) == ["summary"])
            let last = (events.all.last?["mounts"] as? [[String: Any]])?.first
            #expect(last?["state"] as? String == "unmounted")
        }

        @Test func untilSomebodyHasSeenEnough() throws {
            try sandbox.expect(0, sandbox.task())
            let watch = try watch()
            try sandbox.wait("the first status") { watch.outputSoFar.contains("mounted") }
            watch.signal(SIGINT)
            #expect(try watch.wait(seconds: 20).status == 130)
        }

        @Test func ofWhatDoesNotRun() throws {
            let finished = try watch().wait(seconds: 20)
            #expect(finished.status == 0 && finished.output == "task: nothing runs\n", "\(finished)")
        }
    }
}
