import Foundation
import TestSupport
import Testing

/// Problems that `provision --dry-run --offline TASK.yaml` reports.
@Suite(.apart) struct DryRunProblemTests {
    private let sandbox: DryRunSandbox

    init() throws {
        sandbox = try DryRunSandbox()
    }

    /// Ten different mistakes, all reported at once, each at its place.
    static let tenMistakes = """
        name: finetune
        envs: {BUCKET: team-data}
        file_mounts:
          datasets/tokens: s3://team-data/tokens
          /images: s4://team-data/images
          /labels: s3://Team-Data/labels
          /web:
            source: https://example.com/model.bin
            mode: MOUNT
          /runs:
            source: gs://team-runs/7/
            mode: MOUNTED
          /logs:
            source: gs://team-logs/
            store: s3
          /ckpt:
            source: s3://${BUCKTE}/ckpt
          /cache:
            mode: MOUNT
          /weights:
            source: s3://team-weights
            key_prefix: 7b
            redonly: true
        """

    @Test func reportsAllOfTenMistakes() throws {
        let finished = try sandbox.dryRun(Self.tenMistakes)
        #expect(finished.status == 78)
        #expect(finished.errors == "")
        let heads = finished.output.split(separator: "\n").filter { $0.hasPrefix("task.yaml:") }
        let places = heads.map { $0.split(separator: " ").prefix(2).joined(separator: " ") }
        #expect(
            places == [
                "task.yaml:4:3: error[bad-destination]:", "task.yaml:5:12: error[bad-scheme]:",
                "task.yaml:6:12: error[bad-bucket-name]:", "task.yaml:9:11: error[mode-conflict]:",
                "task.yaml:12:11: error[bad-value]:", "task.yaml:15:12: error[store-conflict]:",
                "task.yaml:17:13: error[undefined-variable]:", "task.yaml:18:3: error[missing-source]:",
                "task.yaml:22:17: error[bad-prefix]:", "task.yaml:23:5: error[unknown-key]:",
            ])
        #expect(finished.output.contains("\n  hint: did you mean BUCKET?\n"))
        #expect(finished.output.contains("\n  hint: did you mean `read_only`?\n"))
        #expect(finished.output.contains("10 errors"))
    }

    @Test func warningsAloneEndWithZero() throws {
        let finished = try sandbox.dryRun("file_mounts: {/a: {source: s3://team-data/x, persistent: false}}")
        #expect(finished.status == 0)
        #expect(finished.output.contains("task.yaml:1:58: warning[bad-value]: "))
        #expect(finished.output.contains("1 warning; no store was asked"))
    }

    @Test func exitStatusOfTheMostUrgent() throws {
        #expect(try sandbox.dryRun("file_mounts: {/a: s3://b1, /a: s3://b1}").status == 65)
        #expect(try sandbox.dryRun("file_mounts: {/a: ./nowhere}").status == 66)
        #expect(try sandbox.dryRun("file_mounts: {/a: ./nowhere, b: ./task.yaml}").status == 78)
        #expect(try sandbox.dryRun("file_mounts: {/a: ./task.yaml}").status == 0)
    }

    @Test func theTaskFileItself() throws {
        try sandbox.folder.write("file_mounts: {}", to: "train.yaml")
        let missing = try provision("--dry-run", "--offline", "trian.yaml", in: sandbox.folder.path)
        #expect(missing.status == 66)
        #expect(missing.output.hasPrefix("trian.yaml: error[missing-local-source]: "))
        #expect(missing.output.contains("hint: did you mean train.yaml?"))
        try FileManager.default.createDirectory(
            atPath: sandbox.folder.path("d.yaml"), withIntermediateDirectories: false)
        #expect(try provision("--dry-run", "--offline", "d.yaml", in: sandbox.folder.path).status == 66)
        let json = try provision("--dry-run", "--offline", "--output", "json", "gone.yaml", in: sandbox.folder.path)
        #expect(json.status == 66)
        #expect(try sandbox.document(json)["exit_code"] as? Int == 66)
    }

    /// Keys come from anybody; a terminal must not obey them.
    @Test func showsControlCharactersEscaped() throws {
        let finished = try sandbox.dryRun(#"file_mounts: {"/a\e[31m\n": "s3://team-data\e]0;x\a"}"#)
        #expect(finished.status == 78)
        #expect(!finished.output.unicodeScalars.contains { $0.value < 0x20 && $0 != "\n" })
        #expect(finished.output.contains(#"\u{1b}"#))
    }

    @Test func neverShowsSecrets() throws {
        let text = """
            secrets: {KEY: hunter2hunter2}
            file_mounts:
              /a: s3://team-data/${KEY}/x
              /b/${KEY}: https://example.com/x?X-Amz-Signature=hunter2hunter2
              /c: {source: "s3://Bad_${KEY}", headers: {Authorization: "Bearer ${KEY}", "bad name": hunter2hunter2}}
              /d: https://user:hunter2hunter2@example.com/x
              /e: {source: s3://team-data, endpoint: "https://hunter2hunter2@h"}
            providers:
              p: {provider: s3, access_key: hunter2hunter2, secret_key: [hunter2hunter2], sas_token: hunter2hunter2}
            """
        for format in ["text", "json", "ndjson"] {
            let finished = try sandbox.dryRun(text, "--output", format)
            #expect(finished.status == 78)
            #expect(!(finished.output + finished.errors).contains("hunter2"), "\(finished.output)")
        }
    }
}
