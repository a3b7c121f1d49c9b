import Foundation
import TestSupport
import Testing

/// `provision --dry-run TASK.yaml`: the same questions as a run asks before its first byte, and nothing more.
@Suite(.apart) struct DryRunAskingTests {
    private let sandbox: CopySandbox

    init() throws {
        sandbox = try CopySandbox()
        try sandbox.write(["src/a": "1", "src/d/b": "22", "file": "mine"])
    }

    private func document(_ finished: Finished) throws -> [String: Any] {
        try #require(try JSONSerialization.jsonObject(with: Data(finished.output.utf8)) as? [String: Any])
    }

    @Test func figuresOfThePlan() throws {
        let finished = try sandbox.run(sandbox.task("exclude: nothing"), ["--dry-run"])
        let document = try document(finished)
        #expect(Set(document.keys) == ["v", "task", "ok", "exit_code", "diagnostics", "plan"])
        let plan = try #require((document["plan"] as? [[String: Any]])?.first)
        #expect(
            Set(plan.keys) == [
                "destination", "path", "source", "mode", "store", "endpoint", "region", "identity", "objects", "bytes",
                "disk",
                "strategy",
            ])
        #expect(plan["objects"] as? Int == 2)
        #expect(plan["bytes"] as? Int == 3)
        #expect(plan["store"] as? String == "file")
        for key in ["endpoint", "region", "identity"] { #expect(plan[key] is NSNull, "\(key)") }
        let disk = try #require(plan["disk"] as? [String: Any])
        #expect(disk["path"] as? String == sandbox.destination)
        let required = try #require(disk["required"] as? Int)
        #expect((3...1 << 20).contains(required))
        // As another program sees it, give or take what others write meanwhile.
        let df = try Program.run(["df", "-B1", "--output=avail", sandbox.folder.path]).output
        let free = try #require(df.split(separator: "\n").last.flatMap { Int($0.filter(\.isNumber)) })
        #expect(abs(try #require(disk["available"] as? Int) - free) < 1 << 32)
        #expect((plan["strategy"] as? [String: Any])?["exclude"] as? [String] == ["nothing"])
    }

    /// What was not asked is null.
    @Test func figuresThatNobodyAskedFor() throws {
        let finished = try sandbox.run(sandbox.task(), ["--dry-run", "--offline"])
        let plan = try #require((try document(finished)["plan"] as? [[String: Any]])?.first)
        for key in ["objects", "bytes", "identity"] { #expect(plan[key] is NSNull, "\(key)") }
        let disk = try #require(plan["disk"] as? [String: Any])
        #expect(disk["required"] is NSNull && disk["available"] is NSNull)
    }

    @Test func inWordsForPeople() throws {
        let finished = try sandbox.run(sandbox.task(), ["--dry-run", "--output", "text"])
        #expect(finished.output.contains("2 files, 3 B"), "\(finished.output)")
        #expect(finished.errors == "")
    }

    /// A run would begin with the same status; warnings alone are none.
    @Test func endsAsARunWouldBegin() throws {
        try sandbox.write(["dst/own": "mine"])
        try Files.makePipe(sandbox.path("src/pipe"))
        for (status, task) in [
            (0, sandbox.task()), (73, sandbox.task("on_nonempty: refuse")),
            (78, "file_mounts: {\(sandbox.path("src/x")): ./src}"),
            (66, "file_mounts: {\(sandbox.path("x")): ./nowhere}"),
            (66, "file_mounts: {\(sandbox.path("x")): ./file/}"),
            (73, "file_mounts: {\(sandbox.path("file/x")): ./src}"),
            (73, "file_mounts: {\(sandbox.destination): ./file}"),
            (64, sandbox.task("extract: true")), (65, "file_mounts: ["), (78, "file_mounts: {x: ./file}"),
        ] {
            let before = FileTree(sandbox.folder.path).names
            #expect(try sandbox.run(task, ["--dry-run"]).status == status, "\(task)")
            #expect(FileTree(sandbox.folder.path).names.subtracting(before).subtracting(["task.yaml"]) == [])
            #expect(try sandbox.run(task).status == status, "\(task)")
        }
    }

    /// One mount that cannot be done does not hide what is known of the others.
    @Test func theOthersAreAskedAllTheSame() throws {
        let task = "file_mounts: {\(sandbox.path("x")): ./nowhere, \(sandbox.destination): ./src}"
        let document = try document(sandbox.run(task, ["--dry-run"]))
        #expect(document["exit_code"] as? Int == 66)
        let plan = try #require(document["plan"] as? [[String: Any]])
        #expect(plan.map { $0["objects"] as? Int } == [nil, 2])
        #expect((document["diagnostics"] as? [Any])?.count == 1)
    }

    /// Commands may cost, lock or change anything. Those of the operator's providers are needed to ask as who will run; offline
    /// nothing is asked.
    @Test func offlineRunsNoCommand() throws {
        try sandbox.write([
            "p.yaml": """
            lab: {provider: minio, endpoint: "h:9000", access_key: x, secret_key: {command: [touch, "\(sandbox.path("ran"))"]}}
            p: {provider: s3, credential_process: "touch \(sandbox.path("ran"))"}
            """
        ])
        let task =
            "file_mounts: {\(sandbox.destination): ./src, /x: {source: s3://team-data, provider: lab}, /y: s3://other}"
        let finished = try sandbox.run(task, ["--dry-run", "--offline", "--providers", "p.yaml"])
        #expect(finished.status == 0, "\(finished.output)\(finished.errors)")
        #expect(!Files.isThere(sandbox.path("ran")))
    }

    /// A command that the task file itself names is never run, dry or not.
    @Test(arguments: [
        "secret_key: {command: [touch, ran]}", "secret_key: y, credential_process: touch ran",
    ])
    func theTasksOwnCommandsAreRefused(secret: String) throws {
        let task = """
            providers: {lab: {provider: minio, endpoint: "h:9000", access_key: x, \(secret)}}
            file_mounts: {\(sandbox.destination): {source: s3://team-data, provider: lab, mode: COPY}}
            """
        for options in [["--dry-run", "--offline"], ["--dry-run"], []] {
            let finished = try sandbox.run(task, options)
            #expect(finished.status == 78, "\(finished.output)\(finished.errors)")
        }
        #expect(!Files.isThere(sandbox.path("ran")))
    }

    /// Not a connection, not a name looked up: no socket of the internet is even made.
    @Test(.enabled(if: Program.canTrace, Comment(rawValue: Program.noTracing)))
    func offlineMeansOffline() throws {
        let task = """
            providers: {lab: {provider: minio, endpoint: "minio.example.com:9000"}}
            file_mounts:
              /a: s3://team-data/x
              /b: {source: gs://team-data/x, mode: MOUNT}
              /c: {source: s3://team-data/y, provider: lab}
              /d: https://example.com/model.bin
              /e: https://account.blob.core.windows.net/container/x
            """
        let words = try sandbox.words(task, ["--dry-run", "--offline"])
        let trace = ["strace", "-f", "-e", "trace=socket,connect,execve", "-o", sandbox.path("trace")]
        let finished = try Program.run(trace + words, in: sandbox.folder.path)
        #expect(finished.status == 0, "\(finished.output)\(finished.errors)")
        let calls = try #require(sandbox.content("trace"))
        #expect(calls.contains("execve("))
        #expect(calls.components(separatedBy: "execve(").count == 2, "\(calls)")
        #expect(!calls.contains("socket("), "\(calls)")
    }

    /// A disk that fails while a source is listed is no slip in the task file.
    @Test(.enabled(if: Program.canTrace, Comment(rawValue: Program.noTracing)), arguments: [["--dry-run"], []])
    func aSourceThatCannotBeRead(options: [String]) throws {
        let words = try sandbox.words(sandbox.task(), options)
        let broken = ["strace", "-f", "-o", "/dev/null", "-e", "trace=getdents64", "-e", "inject=getdents64:error=EIO"]
        let finished = try Program.run(broken + words, in: sandbox.folder.path)
        #expect(finished.status == 74, "\(finished.output)\(finished.errors)")
        let document = try document(finished)
        let problem = try #require((document["diagnostics"] as? [[String: Any]])?.first)
        #expect(problem["code"] as? String == "input-output")
        #expect((problem["message"] as? String)?.contains("Input/output error") == true)
        #expect(!Files.isThere(sandbox.destination))
    }
}
