import Foundation
import TestSupport
import Testing

extension Entrypoints {
    /// `provision TASK.yaml -- COMMAND`: what COMMAND finds, and what becomes of its end.
    @Suite struct CommandTests {
        private let sandbox: MountSandbox

        init() throws {
            sandbox = try MountSandbox(of: ["a": "hello\n"])
        }

        // MARK: Its end

        @Test func itUsesTheMounts() throws {
            let run = try sandbox.entered("cat $M/a; echo new > $M/b; echo told >&2")
            #expect(run.status == 0 && run.output == "hello\n", "\(run)")
            #expect(run.errors.contains("told\n"))
            try sandbox.expectNothingLeft()
            #expect(sandbox.stored("b") == "new\n")
            let status = try sandbox.lastStatus()
            #expect(status.exitCode == 0 && status.exitSource == "command" && status.result == "ok")
            #expect(status.mounts.first?.state == "unmounted" && status.mounts.first?.uploads["files"] == 1)
        }

        @Test(arguments: [1, 7, 75, 255])
        func itsStatusIsOurs(code: Int32) throws {
            let run = try sandbox.entered("exit \(code)")
            #expect(run.status == code)
            let status = try sandbox.lastStatus()
            #expect(status.exitCode == Int(code) && status.exitSource == "command" && status.result == "failed")
            try sandbox.expectNothingLeft()
        }

        @Test(arguments: [("KILL", 137), ("TERM", 143), ("USR1", 138), ("SEGV", 139)] as [(String, Int32)])
        func itsSignalIsTold(signal: String, code: Int32) throws {
            #expect(try sandbox.entered("echo new > $M/b; kill -\(signal) $$").status == code)
            try sandbox.expectNothingLeft()
            #expect(sandbox.stored("b") == "new\n")
        }

        /// As shells say, and the mounts are given back.
        @Test func whatCannotBeRun() throws {
            let absent = try sandbox.enter(["no-such-program"]).wait(seconds: 60)
            #expect(absent.status == 127 && absent.errors.contains("provision: no-such-program: not found\n"))
            for program in [sandbox.path("src/a"), "/"] {
                let refused = try sandbox.enter([program]).wait(seconds: 60)
                #expect(refused.status == 126 && refused.errors.contains("Permission denied"), "\(refused)")
            }
            #expect(try sandbox.lastStatus().exitSource == "command")
            try sandbox.expectNothingLeft()
        }

        /// Where a mount fails nothing is run, and what was mounted beside it goes.
        @Test func aMountThatFails() throws {
            let other = sandbox.path("other")
            let task = "file_mounts: {\(sandbox.destination): \(sandbox.entry()), \(other): ./absent}"
            let run = try sandbox.entered("touch \(sandbox.path("ran"))", task: task)
            #expect(run.status == 66 && run.output == "", "\(run)")
            #expect(!FileManager.default.fileExists(atPath: sandbox.path("ran")))
            #expect(try sandbox.lastStatus().exitSource == "provision")
            try sandbox.expectNothingLeft()
        }

        // MARK: What it finds

        @Test func environment() throws {
            sandbox.environment = ["GIVEN": "given", "FROM": "environment", "BOTH": "environment"]
            let task =
                "envs: {OWN: a b, FROM: null, BOTH: file}\nsecrets: {HIDDEN: not-to-be-seen}\n" + sandbox.writableTask
            let run = try sandbox.entered("echo $GIVEN, $OWN, $FROM, $BOTH, ${HIDDEN:-none}", task: task)
            #expect(run.output == "given, a b, environment, file, none\n", "\(run)")
            // A name that no variable of ours could have stays what it is.
            let raw = try sandbox.enter(["printenv", "x.y"], before: ["env", "x.y=z"]).wait(seconds: 60)
            #expect(raw.output == "z\n")
        }

        /// Words that are no text arrive byte by byte.
        @Test func words() throws {
            let run = try sandbox.enter(["printf", "%s|", "", "-x", "--", "a b", "$M", "*"]).wait(seconds: 60)
            #expect(run.output == "|-x|--|a b|$M|*|")
        }

        /// Nothing of ours: signals, descriptors, limits, and it may be looked into.
        @Test func cleanState() throws {
            let script = """
                grep -E '^Sig(Blk|Ign)' /proc/self/status
                echo /proc/$$/fd/*
                ulimit -n; umask; pwd
                [ -O /proc/$$/environ ] && tr '\\0' '\\n' < /proc/$$/environ | grep ^PROBE
                """
            sandbox.environment["PROBE"] = "1"
            let plain = try Program.run(
                ["prlimit", "--nofile=99:4096", "sh", "-c", script], environment: sandbox.environment,
                in: sandbox.files.folder.path)
            let run = try sandbox.enter(["sh", "-c", script], before: ["prlimit", "--nofile=99:4096"]).wait(seconds: 60)
            func comparable(_ text: String) -> [String] {
                text.split(separator: "\n").filter { !$0.hasPrefix("Sig") }.map {
                    String($0.replacing(#/\/proc\/\d+/#, with: "/proc/N"))
                }
            }
            #expect(comparable(run.output) == comparable(plain.output), "\(run) \(plain)")
            for line in run.output.split(separator: "\n") where line.hasPrefix("Sig") {
                #expect(line.hasSuffix("\t0000000000000000"), "\(line)")
            }
        }

        /// A stream that the caller has closed is closed for COMMAND as well.
        @Test func closedStreams() throws {
            let probe = "for n in 0 1 2 3; do test -e /proc/$$/fd/$n && echo $n >&2; done; true"
            let words = try sandbox.files.words(sandbox.writableTask, ["-q", "--output", "text"]) + ["--", "sh", "-c"]
            let line = (words + [probe]).map { "'\($0)'" }.joined(separator: " ") + " <&- >&-"
            let run = try Program.run(["sh", "-c", line], in: sandbox.files.folder.path)
            #expect(run.status == 0 && run.errors.hasPrefix("2\n"), "\(run)")
            try sandbox.expectNothingLeft()
        }

        /// What is mounted over the folder in which we stand is what COMMAND sees there.
        @Test func workingFolder() throws {
            try FileManager.default.createDirectory(atPath: sandbox.destination, withIntermediateDirectories: true)
            let words = try sandbox.files.words(
                "file_mounts: {\(sandbox.destination): {source: \(sandbox.files.source), mode: MOUNT}}", [])
            let moved = words.map { $0 == "task.yaml" ? sandbox.path("task.yaml") : $0 }
            let run = try Program.run(moved + ["--", "sh", "-c", "pwd; cat a"], in: sandbox.destination)
            #expect(run.output == "\(sandbox.destination)\nhello\n", "\(run)")
            try sandbox.expectNothingLeft()
        }

        // MARK: Its output

        /// Whoever reads it sees its end when COMMAND closes it, not when the mounts are gone.
        @Test func outputIsItsAlone() throws {
            let program = try sandbox.enter(["sh", "-c", "echo own; exec >&- 2>&-; sleep 1; echo new > $M/b"])
            let run = try program.wait(seconds: 60)
            #expect(run.status == 0 && run.output == "own\n", "\(run)")
            #expect(sandbox.stored("b") == "new\n")
            let words = try sandbox.files.words(sandbox.writableTask, [])
            let line =
                words.map { "'\($0)'" }.joined(separator: " ")
                + " -- sh -c 'head -c 268435456 /dev/zero' 2>/dev/null | wc -c"
            #expect(try Program.run(["sh", "-c", line], in: sandbox.files.folder.path).output == "268435456\n")
        }

        @Test func inputIsItsAlone() throws {
            #expect(try sandbox.enter(["cat"], input: "given\n").wait(seconds: 60).output == "given\n")
        }

        @Test func resultsGoToStandardError() throws {
            let json = try sandbox.entered("echo own")
            #expect(json.output == "own\n")
            let document = try Document(json.errors)
            try sandbox.files.folder.write(json.errors, to: "document.json")
            #expect(try Judge.objections(to: [sandbox.path("document.json")], schema: "status") == [:])
            #expect(document.exitCode == 0 && document.exitSource == "command")
            let lines = try sandbox.entered("echo own", "--output", "ndjson")
            let states = lines.errors.split(separator: "\n").compactMap { line in
                try? JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any]
            }.compactMap { $0["state"] as? String }
            #expect(lines.output == "own\n" && states.suffix(3) == ["mounted", "draining", "unmounted"], "\(lines)")
            let text = try sandbox.entered("echo own; echo new > $M/b", "--output", "text")
            #expect(text.output == "own\n" && text.errors.contains("1 file saved, 4 B"), "\(text)")
        }

        // MARK: Nothing to serve

        /// COMMAND takes our place: the same process.
        @Test func copiesOnly() throws {
            let task = "envs: {OWN: own}\nfile_mounts: {\(sandbox.destination): ./src}"
            let program = try sandbox.enter(
                ["sh", "-c", "echo $$ $OWN; cat $M/a; grep Sig /proc/self/status"], task: task)
            let run = try program.wait(seconds: 60)
            #expect(run.status == 0 && run.output.hasPrefix("\(program.id) own\nhello\n"), "\(run)")
            #expect(!run.output.contains("SigIgn:\t0000000180000000") && sandbox.supervisors == [])
            #expect(try sandbox.lastStatus().mounts.first?.state == "copied")
            #expect(try sandbox.enter(["no-such-program"], task: task).wait(seconds: 60).status == 127)
            #expect(try sandbox.entered("exit 3", task: "file_mounts: {}").status == 3)
            #expect(try sandbox.entered("true", task: "file_mounts: {\(sandbox.destination): ./absent}").status == 66)
        }

        @Test func aDryRunRunsNothing() throws {
            let run = try sandbox.entered("touch \(sandbox.path("ran"))", "--dry-run")
            #expect(run.status == 0 && run.output.contains("\"plan\""))
            #expect(!FileManager.default.fileExists(atPath: sandbox.path("ran")))
        }
    }
}
