import JSON
import Platform
import Testing

@testable import Plan
@testable import TaskFile

/// Whatever becomes of the value of a secret, nobody reads it.
@Suite struct SecrecyTests {
    private let task = """
        secrets: {TOKEN: hunter2secret}
        providers:
          "p-${TOKEN}": {provider: s3, region: "${TOKEN}", buckets: [own-bucket]}
          "q-${TOKEN}": {provider: fs}
        file_mounts:
          "/d/${TOKEN}": "s3://${TOKEN}/k"
          /a: s3://own-bucket/x
          /b: "fs://${TOKEN}/x"
          /c: "file://${TOKEN}/x"
          /d: "https://${TOKEN}!.example/x"
          /e: {source: "cos://${TOKEN}/bucket/x", region: other}
          /f: {source: "https://${TOKEN}.blob.core.windows.net/data/x", account: other}
          /g: {source: ["s3://one-bucket/${TOKEN}", "s3://two-bucket/${TOKEN}"], mode: COPY}
          /h: "${TOKEN}://x"
          /i: {source: s3://data-bucket/x, endpoint: "https://${TOKEN}.example", profile: x}
          /j: {name: "${TOKEN}", source: "./${TOKEN}"}
          /k: {source: gs://data-bucket/x, key_prefix: "${TOKEN}/", include: ["${TOKEN}"], mode: COPY}
          /l: {source: gs://data-bucket/x, provider: p-}
        """

    @Test func plansAndProblems() {
        let context = TaskContext(environment: Environment([:]), home: "/home/u")
        let file = TaskFile.read([UInt8](task.utf8), file: "task.yaml", context: context)
        let plans = file.tasks.map { Plan($0, file: "task.yaml", on: Machine(home: "/home/u", workingFolder: "/w")) }
        let run = DryRun(
            task: file.name, plans: plans, diagnostics: file.diagnostics + plans.flatMap(\.diagnostics))
        let lines = run.json.pretty.split(separator: "\n") + run.diagnostics.map { $0.text[...] }
        #expect(plans.flatMap(\.mounts).count > 8)
        #expect(run.diagnostics.count > 10)
        #expect(lines.filter { $0.contains("hunter2") } == [])
    }
}

extension SecrecyTests {
    /// Secrets that stand where none belongs.
    @Test(arguments: [
        "file_mounts: {/a: \"azure://user:hunter2@h.x/c/x\"}", "file_mounts: {/a: \"file://user:hunter2@h/x\"}",
        "file_mounts: {/a: \"https:user:hunter2@h/x\"}", "file_mounts: {/a: \"azure://c-c/x?sv=1&sig=hunter2\"}",
        "file_mounts: {/a: \"s3://b-b/x?X-Amz-Signature=hunter2\"}",
        "file_mounts: {/a: {source: s3://b-b, endpoint: \"AccountName=a;AccountKey=hunter2\"}}",
        "providers: {a: {provider: azure, endpoint: \"AccountName=a;AccountKey=hunter2\"}}\nfile_mounts: {}",
        "providers: {a: {provider: s3, access_key: a, secret_key: !hunter2 }}\nfile_mounts: {}",
        "secrets: {A: *hunter2 }\nfile_mounts: {}", "secrets: {A: !hunter2 }\nfile_mounts: {}",
    ])
    func misplaced(_ task: String) {
        let context = TaskContext(environment: Environment([:]), home: "/home/u")
        let file = TaskFile.read([UInt8](task.utf8), file: "task.yaml", context: context)
        let plans = file.tasks.map { Plan($0, file: "task.yaml", on: Machine(home: "/home/u", workingFolder: "/w")) }
        let run = DryRun(task: file.name, plans: plans, diagnostics: file.diagnostics)
        #expect(!run.json.pretty.contains("hunter2"))
    }
}
