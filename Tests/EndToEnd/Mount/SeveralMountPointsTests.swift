import TestSupport
import Testing

extension MountedTasks {
    /// Mounts beside each other, beside copies, and inside of each other.
    @Suite struct SeveralMountPointsTests {
        private let sandbox: MountSandbox

        init() throws {
            sandbox = try MountSandbox()
            try sandbox.write(["src/a": "hello\n", "src/sub/b": "deep\n", "other/c": "other\n"])
        }

        /// One that fails leaves the others.
        @Test func oneOfTwoFails() throws {
            try sandbox.write(["two/full": "x"])
            let run = try sandbox.expect(
                73,
                "file_mounts: {\(sandbox.destination): \(sandbox.entry()), \(sandbox.path("two")): \(sandbox.entry())}")
            #expect(run.mounts.map(\.state) == ["mounted", "failed"])
            #expect(try sandbox.output("cat $M/a") == "hello\n")
            #expect(try sandbox.document("status").mounts.map(\.state) == ["mounted", "failed"])
            #expect(try sandbox.verb("down").status == 0)
            try sandbox.expectNothingLeft()
        }

        @Test func aCopyBesideAMount() throws {
            let task = """
                file_mounts:
                  \(sandbox.destination): \(sandbox.entry())
                  \(sandbox.path("copied")): ./other
                """
            let run = try sandbox.expect(0, task)
            #expect(run.mounts.map(\.state) == ["mounted", "copied"])
            #expect(sandbox.files.content("copied/c") == "other\n")
            #expect(try sandbox.output("cat $M/a") == "hello\n")
            // Again: nothing moves.
            let again = try sandbox.expect(0, task)
            #expect(again.mounts[1].objects["skipped"] == 1 && again.mounts[0].state == "mounted")
            let ended = try sandbox.document("status")
            #expect(ended.mounts.map(\.state) == ["mounted", "copied"])
            #expect(try sandbox.verb("down").status == 0)
            #expect(try sandbox.document("status").mounts.map(\.state) == ["unmounted", "copied"])
        }

        @Test(arguments: ["merge", "mirror", "refuse"])
        func aMountBelowACopy(onNonempty: String) throws {
            let task = """
                file_mounts:
                  \(sandbox.destination)/in: \(sandbox.entry())
                  \(sandbox.destination): {source: ./other, on_nonempty: \(onNonempty)}
                """
            for _ in 0..<2 {
                let run = try sandbox.expect(0, task)
                #expect(run.mounts.map(\.state) == ["copied", "mounted"])
                #expect(try sandbox.output("cat $M/c $M/in/a") == "other\nhello\n")
            }
            #expect(try sandbox.verb("down").status == 0)
            #expect(try sandbox.output("ls $M") == "c\nin\n")
            #expect(sandbox.files.content("src/a") == "hello\n")
        }

        @Test func manyAtOnce() throws {
            let entries = (0..<12).map { "  \(sandbox.path("m\($0)")): \(sandbox.entry())" }
            let run = try sandbox.expect(0, "file_mounts:\n" + entries.joined(separator: "\n"))
            #expect(run.mounts.allSatisfy { $0.state == "mounted" } && sandbox.supervisors.count == 1)
            #expect(sandbox.sessions.count == 12)
            #expect(try sandbox.verb("down").status == 0)
            try sandbox.expectNothingLeft()
        }

        /// A run of part of the task leaves the other part as it is.
        @Test func onlyOne() throws {
            let task =
                "file_mounts: {\(sandbox.destination): \(sandbox.entry()), \(sandbox.path("two")): \(sandbox.entry())}"
            try sandbox.expect(0, task, "--only", sandbox.destination)
            #expect(sandbox.mounts == [sandbox.destination])
            try sandbox.expect(0, task, "--only", sandbox.path("two"))
            #expect(sandbox.mounts == [sandbox.destination, sandbox.path("two")] && sandbox.supervisors.count == 1)
            #expect(try sandbox.document("status").mounts.count == 2)
        }

        /// Two runs of the same task at the same time mount once.
        @Test func twoRunsAtOnce() throws {
            let words = try sandbox.files.words(sandbox.task(), [])
            let runs = try (0..<4).map { _ in try Program.start(words, in: sandbox.files.folder.path) }
            for run in runs {
                let finished = try run.wait(seconds: 60)
                #expect(finished.status == 0, "\(finished)")
            }
            #expect(sandbox.mounts.count == 1 && sandbox.supervisors.count == 1 && sandbox.sessions.count == 1)
        }
    }
}
