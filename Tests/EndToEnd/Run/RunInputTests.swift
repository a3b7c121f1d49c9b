import Foundation
import TestSupport
import Testing

/// `provision TASK.yaml`: where the task comes from, and which part of it is meant.
@Suite(.apart) struct RunInputTests {
    private let sandbox: CopySandbox

    init() throws {
        sandbox = try CopySandbox()
        try sandbox.write(["src/a": "1"])
    }

    private func provision(_ words: String..., input: String = "") throws -> Finished {
        try Program.run([Program.provision] + words, input: input, in: sandbox.folder.path)
    }

    @Test func standardInput() throws {
        let finished = try provision("-", "--state-dir", "state", "--output=json", input: sandbox.task())
        #expect(finished.status == 0, "\(finished.errors)")
        #expect(try Document(finished).json["task"] as? String == "stdin")
        #expect(sandbox.content("dst/a") == "1")
        #expect(sandbox.content("state/stdin/status.json") == finished.output)
        // Its sources are relative to the working folder, its problems are those of <stdin>.
        let wrong = try provision("-", input: "file_mounts: {\(sandbox.destination): ./nowhere}")
        #expect(wrong.status == 66)
        #expect(wrong.errors.hasPrefix("<stdin>:1:"))
    }

    @Test(arguments: ["job.yml", "folder/job.yaml", "-x.yaml", "a b.yaml"])
    func anyNameThatEndsLikeYAML(name: String) throws {
        try sandbox.write([name: sandbox.task()])
        let finished = try provision("--state-dir=state", "./" + name)
        #expect(finished.status == 0, "\(finished.errors)")
        // Sources are relative to the working folder, not to the file.
        #expect(sandbox.content("dst/a") == "1")
        let stem = name.split(separator: "/").last?.split(separator: ".").first ?? ""
        #expect(Files.isThere(sandbox.state + "/\(stem.replacing(" ", with: "_"))/status.json"))
    }

    @Test(arguments: [
        "task.yaml --output json --state-dir state", "--output json task.yaml --state-dir state",
        "--output=json --state-dir=state task.yaml", "--state-dir state --output json task.yaml",
        "-q --output json task.yaml --state-dir=state --no-progress",
    ])
    func optionsStandAnywhere(words: String) throws {
        try sandbox.write(["task.yaml": sandbox.task()])
        let words = words.split(separator: " ").map(String.init)
        let finished = try Program.run([Program.provision] + words, in: sandbox.folder.path)
        #expect(finished.status == 0, "\(finished.errors)")
        #expect(try Document(finished).objects["done"] == 1)
    }

    @Test func filesThatCannotBeRead() throws {
        let missing = try provision("gone.yaml", "--output", "json")
        #expect(missing.status == 66)
        let document = try Document(missing)
        #expect(document.exitCode == 66)
        #expect(document.result == "failed")
        #expect(document.diagnostics.first?.hasPrefix("error missing-local-source") == true)
        try sandbox.write(["broken.yaml": "file_mounts: {\(sandbox.destination): [\n"])
        let broken = try provision("broken.yaml", "--output", "json")
        #expect(broken.status == 65)
        #expect(try Document(broken).diagnostics.first?.hasPrefix("error yaml-syntax") == true)
        #expect(!Files.isThere(sandbox.destination))
    }

    @Test(arguments: ["file_mounts: {}", "name: x\n---\nfile_mounts: {}"])
    func nothingToDo(text: String) throws {
        #expect(try sandbox.succeed(text).mounts.isEmpty)
        #expect(try sandbox.run(text, ["--output", "text"]).output.hasSuffix(": nothing to provision\n"))
    }

    @Test func withoutFileMounts() throws {
        #expect(try sandbox.fail(78, "resources: {cpus: 4}").diagnostics.first?.contains("missing-file-mounts") == true)
    }

    /// To run one of several tasks, it takes a word which.
    @Test func oneOfSeveralTasks() throws {
        let text = ["first", "second", "third"].map {
            "name: \($0)\nfile_mounts: {\(sandbox.path($0)): ./src/a}\n"
        }.joined(separator: "---\n")
        let undecided = try sandbox.run(text)
        #expect(undecided.status == 64)
        #expect(undecided.output == "")
        #expect(undecided.errors.contains("--task first, --task second, --task third"))
        for (choice, name) in [("second", "second"), ("3", "third")] {
            let document = try sandbox.succeed(text, "--task", choice)
            #expect(document.json["task"] as? String == name)
            #expect(sandbox.content(name) == "1")
            #expect(Files.isThere(sandbox.state + "/\(name)/status.json"))
        }
        #expect(!Files.isThere(sandbox.path("first")))
        #expect(try sandbox.run(text, ["--task", "4"]).status == 64)
    }

    @Test func onlySomeMounts() throws {
        let text =
            "file_mounts: {\(sandbox.path("x/")): ./src/a, \(sandbox.path("y")): ./src/a, \(sandbox.path("z")): ./nowhere}"
        // What is wrong with a source that is not wanted is nobody's business.
        let document = try sandbox.succeed(text, "--only", sandbox.path("x"), "--only", sandbox.path("y//."))
        #expect(document.mounts.count == 2)
        #expect(sandbox.content("x/a") == "1")
        #expect(sandbox.content("y") == "1")
        let unknown = try sandbox.run(text, ["--only", sandbox.path("q")])
        #expect(unknown.status == 64)
        #expect(unknown.errors.contains(sandbox.path("y")))
    }
}
