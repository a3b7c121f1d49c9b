import Foundation
import TestSupport
import Testing

/// Which tasks and mounts of a file are meant, and where the file comes from.
@Suite(.apart) struct DryRunChoiceTests {
    private let sandbox: DryRunSandbox

    init() throws {
        sandbox = try DryRunSandbox()
    }

    static let pipeline = """
        name: pipeline
        ---
        name: prepare
        file_mounts: {/a: s3://team-data/a}
        ---
        file_mounts: {/b: s3://team-data/b, /c: s4://team-data/c}
        """

    @Test func severalTasks() throws {
        let all = try sandbox.dryRun(Self.pipeline, "--output", "json")
        #expect(all.status == 78)
        #expect(try sandbox.document(all)["task"] as? String == "pipeline")
        #expect(try sandbox.plan(all).compactMap { $0["task"] as? String } == ["prepare", "task-2"])
        // The mistake of one task is not the other's.
        for name in ["1", "prepare"] {
            let one = try sandbox.dryRun(Self.pipeline, "--output", "json", "--task", name)
            #expect(one.status == 0)
            #expect(try sandbox.plan(one).compactMap { $0["destination"] as? String } == ["/a"])
        }
        #expect(try sandbox.dryRun(Self.pipeline, "--task", "task-2").status == 78)
        let unknown = try sandbox.dryRun(Self.pipeline, "--task", "perpare")
        #expect(unknown.status == 64)
        #expect(unknown.errors.contains("--task prepare, --task task-2"))
    }

    @Test func onlySomeMounts() throws {
        let text = "file_mounts: {/a/: s3://team-data/a, ~/b: s3://team-data/b, /c: s3://team-data/c}"
        for only in ["/a", "/a/", "//a/."] {
            let finished = try sandbox.dryRun(text, "--only", only, "--only", "~/b", "--output", "json")
            #expect(try sandbox.plan(finished).compactMap { $0["destination"] as? String } == ["/a/", "~/b"])
        }
        let unknown = try sandbox.dryRun(text, "--only", "/d")
        #expect(unknown.status == 64)
        #expect(unknown.errors.contains("/a/, ~/b, /c"))
        // Other mistakes do not hide that one.
        #expect(try sandbox.dryRun("file_mounts: {/a: s4://x, /b: s3://team-data}", "--only", "/d").status == 64)
        #expect(try sandbox.dryRun("file_mounts: {/a: s4://x, /b: s3://team-data}", "--only", "/a").status == 78)
    }

    @Test func standardInput() throws {
        let finished = try provision(
            "--dry-run", "--offline", "-", input: "file_mounts: {a: s3://team-data}", in: sandbox.folder.path)
        #expect(finished.status == 78)
        #expect(finished.output.hasPrefix("<stdin>:1:15: error[bad-destination]: "))
        let good = try provision(
            "--dry-run", "--offline", "--output=json", "-", input: "\u{FEFF}file_mounts:\r\n  /a: s3://team-data\r\n",
            in: sandbox.folder.path)
        #expect(try sandbox.document(good)["task"] as? String == "stdin")
        #expect(try sandbox.plan(good).count == 1)
    }
}
