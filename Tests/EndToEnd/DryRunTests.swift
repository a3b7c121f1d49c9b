import Foundation
import TestSupport
import Testing

/// `provision --dry-run --offline TASK.yaml`
@Suite struct DryRunTests {
    private let folder: TemporaryFolder

    init() throws {
        folder = try TemporaryFolder()
    }

    /// A dry run of this text as task.yaml, in a folder with nothing else.
    private func dryRun(
        _ text: String, _ options: String..., environment: [String: String] = [:]
    ) throws -> Finished {
        try folder.write(text, to: "task.yaml")
        return try Program.run(
            [Program.provision, "--dry-run", "--offline", "task.yaml"] + options, environment: environment,
            in: folder.path)
    }

    private func document(_ finished: Finished) throws -> [String: Any] {
        try #require(try JSONSerialization.jsonObject(with: Data(finished.output.utf8)) as? [String: Any])
    }

    private func plan(_ finished: Finished) throws -> [[String: Any]] {
        try #require(try document(finished)["plan"] as? [[String: Any]])
    }

    // MARK: Problems

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
        let finished = try dryRun(Self.tenMistakes)
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
        let finished = try dryRun("file_mounts: {/a: {source: s3://team-data/x, persistent: false}}")
        #expect(finished.status == 0)
        #expect(finished.output.contains("task.yaml:1:58: warning[bad-value]: "))
        #expect(finished.output.contains("1 warning; no store was asked"))
    }

    @Test func exitStatusOfTheMostUrgent() throws {
        #expect(try dryRun("file_mounts: {/a: s3://b1, /a: s3://b1}").status == 65)
        #expect(try dryRun("file_mounts: {/a: ./nowhere}").status == 66)
        #expect(try dryRun("file_mounts: {/a: ./nowhere, b: ./task.yaml}").status == 78)
        #expect(try dryRun("file_mounts: {/a: ./task.yaml}").status == 0)
    }

    @Test func theTaskFileItself() throws {
        try folder.write("file_mounts: {}", to: "train.yaml")
        let missing = try provision("--dry-run", "--offline", "trian.yaml", in: folder.path)
        #expect(missing.status == 66)
        #expect(missing.output.hasPrefix("trian.yaml: error[missing-local-source]: "))
        #expect(missing.output.contains("hint: did you mean train.yaml?"))
        try FileManager.default.createDirectory(atPath: folder.path("d.yaml"), withIntermediateDirectories: false)
        #expect(try provision("--dry-run", "--offline", "d.yaml", in: folder.path).status == 66)
        let json = try provision("--dry-run", "--offline", "--output", "json", "gone.yaml", in: folder.path)
        #expect(json.status == 66)
        #expect(try document(json)["exit_code"] as? Int == 66)
    }

    /// Keys come from anybody; a terminal must not obey them.
    @Test func showsControlCharactersEscaped() throws {
        let finished = try dryRun(#"file_mounts: {"/a\e[31m\n": "s3://team-data\e]0;x\a"}"#)
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
            let finished = try dryRun(text, "--output", format)
            #expect(finished.status == 78)
            #expect(!(finished.output + finished.errors).contains("hunter2"), "\(finished.output)")
        }
    }

    // MARK: The plan

    @Test func parentsComeBeforeChildren() throws {
        let finished = try dryRun(
            """
            file_mounts:
              /data/a/b/c: s3://team-data/3
              /other: s3://team-data/0
              /data/a: s3://team-data/2
              /data: s3://team-data/1
              /data2: s3://team-data/4
            """, "--output", "json")
        #expect(
            try plan(finished).compactMap { $0["destination"] as? String }
                == ["/data", "/data/a", "/data/a/b/c", "/other", "/data2"])
    }

    @Test func theDocument() throws {
        let text = """
            name: train
            providers: {lab: {provider: minio, endpoint: "minio.lab:9000", region: here}}
            file_mounts:
              ~/data/: {source: s3://Team/x, provider: lab, mode: COPY, exclude: "*.tmp"}
              /out: {name: team-out, store: gs}
              /list: {source: ["./task.yaml", "s3://team-data/y"]}
            """
        let finished = try dryRun(text, "--output", "json", "--root", "/mnt/root", environment: ["HOME": "/home/me/"])
        #expect(finished.status == 0)
        let document = try document(finished)
        #expect(document["v"] as? Int == 1)
        #expect(document["task"] as? String == "train")
        #expect(document["ok"] as? Bool == true)
        let plan = try plan(finished)
        let first = try #require(plan.first)
        #expect(first["destination"] as? String == "~/data/")
        #expect(first["path"] as? String == "/mnt/root/home/me/data")
        #expect(first["source"] as? String == "s3://Team/x")
        #expect(first["endpoint"] as? String == "https://minio.lab:9000")
        #expect(first["region"] as? String == "here")
        for key in ["identity", "objects", "bytes"] { #expect(first[key] is NSNull, "\(key)") }
        let strategy = try #require(first["strategy"] as? [String: Any])
        #expect(strategy["exclude"] as? [String] == ["*.tmp"])
        #expect(plan[1]["source"] as? String == "gs://team-out")
        #expect(plan[1]["mode"] as? String == "MOUNT")
        #expect(plan[1]["store"] as? String == "gcs")
        #expect(plan[2]["source"] as? [String] == ["./task.yaml", "s3://team-data/y"])
        #expect(plan[2]["mode"] as? String == "COPY")
    }

    @Test func events() throws {
        let finished = try dryRun(
            "file_mounts: {/a: {source: s3://team-data, modee: COPY}, /b: s3://team-data}", "--output", "ndjson")
        let events = try finished.output.split(separator: "\n").map {
            try #require(try JSONSerialization.jsonObject(with: Data($0.utf8)) as? [String: Any])
        }
        #expect(events.compactMap { $0["event"] as? String } == ["log", "plan", "plan", "summary"])
        #expect(events.first?["mount"] as? String == "/a")
        #expect(events.last?["exit_code"] as? Int == 78)
        #expect(events.allSatisfy { $0["v"] as? Int == 1 })
    }

    // MARK: What is meant

    static let pipeline = """
        name: pipeline
        ---
        name: prepare
        file_mounts: {/a: s3://team-data/a}
        ---
        file_mounts: {/b: s3://team-data/b, /c: s4://team-data/c}
        """

    @Test func severalTasks() throws {
        let all = try dryRun(Self.pipeline, "--output", "json")
        #expect(all.status == 78)
        #expect(try document(all)["task"] as? String == "pipeline")
        #expect(try plan(all).compactMap { $0["task"] as? String } == ["prepare", "task-2"])
        // The mistake of one task is not the other's.
        for name in ["1", "prepare"] {
            let one = try dryRun(Self.pipeline, "--output", "json", "--task", name)
            #expect(one.status == 0)
            #expect(try plan(one).compactMap { $0["destination"] as? String } == ["/a"])
        }
        #expect(try dryRun(Self.pipeline, "--task", "task-2").status == 78)
        let unknown = try dryRun(Self.pipeline, "--task", "perpare")
        #expect(unknown.status == 64)
        #expect(unknown.errors.contains("--task prepare, --task task-2"))
    }

    @Test func onlySomeMounts() throws {
        let text = "file_mounts: {/a/: s3://team-data/a, ~/b: s3://team-data/b, /c: s3://team-data/c}"
        for only in ["/a", "/a/", "//a/."] {
            let finished = try dryRun(text, "--only", only, "--only", "~/b", "--output", "json")
            #expect(try plan(finished).compactMap { $0["destination"] as? String } == ["/a/", "~/b"])
        }
        let unknown = try dryRun(text, "--only", "/d")
        #expect(unknown.status == 64)
        #expect(unknown.errors.contains("/a/, ~/b, /c"))
        // Other mistakes do not hide that one.
        #expect(try dryRun("file_mounts: {/a: s4://x, /b: s3://team-data}", "--only", "/d").status == 64)
        #expect(try dryRun("file_mounts: {/a: s4://x, /b: s3://team-data}", "--only", "/a").status == 78)
    }

    @Test func variablesFromOutside() throws {
        try folder.write(
            "\u{FEFF}# comment\nexport\tBUCKET='from-file' # the bucket\nREGION = eu\nPASSED\n\n", to: "vars")
        let text = "envs: {BUCKET: from-task}\nfile_mounts: {/a: \"s3://${BUCKET}/${REGION:-none}/${PASSED:-none}\"}"
        func source(_ options: String...) throws -> String? {
            try folder.write(text, to: "task.yaml")
            let finished = try Program.run(
                [Program.provision, "--dry-run", "--offline", "--output", "json", "task.yaml"] + options,
                environment: ["PASSED": "p", "BUCKET": "from-environment", "PROVISION_ENV": "REGION=twin"],
                in: folder.path)
            #expect(finished.status == 0, "\(finished.output)\(finished.errors)")
            return try plan(finished).first?["source"] as? String
        }
        #expect(try source() == "s3://from-task/twin/none")
        #expect(try source("--env", "BUCKET=from-flag") == "s3://from-flag/none/none")
        #expect(try source("--env-file", "vars", "--env", "A=b") == "s3://from-file/eu/p")
        #expect(try source("--env-file", "vars", "--env", "BUCKET") == "s3://from-environment/eu/p")

        try folder.write("A=1\n2B=hunter2\n", to: "bad")
        let bad = try dryRun(text, "--env-file", "bad")
        #expect(bad.status == 78)
        #expect(bad.errors.contains("bad:2:"))
        #expect(!bad.errors.contains("hunter2"))
        #expect(try dryRun(text, "--env-file", "absent").status == 66)
        #expect(try dryRun(text, "--env", "NOT_EXPORTED").status == 64)
    }

    @Test func providersFromOutside() throws {
        try folder.write("lab: {provider: minio, endpoint: h:9000}", to: "p.yaml")
        let text = "file_mounts: {/a: {source: s3://team-data, provider: lab}}"
        #expect(try dryRun(text).status == 78)
        #expect(try dryRun(text, "--providers", "p.yaml").status == 0)
        #expect(try dryRun(text, environment: ["PROVISION_PROVIDERS": "p.yaml"]).status == 0)
        #expect(try dryRun(text + "\nproviders: p.yaml").status == 0)
        #expect(try dryRun(text, "--providers", "absent.yaml").status == 78)
        #expect(try dryRun("file_mounts: {}", "--providers", "absent.yaml").status == 66)

        let config = folder.path("config/provision")
        try FileManager.default.createDirectory(atPath: config, withIntermediateDirectories: true)
        try folder.write("lab: {provider: minio, endpoint: h:9000, prot: 1}", to: "config/provision/providers.yaml")
        let own = try dryRun(text, environment: ["XDG_CONFIG_HOME": folder.path("config")])
        #expect(own.status == 78)
        #expect(own.output.contains("config/provision/providers.yaml:1:42: error[unknown-key]"))
        #expect(own.output.contains("did you mean `port`?"))
    }

    @Test func configurationFile() throws {
        try FileManager.default.createDirectory(atPath: folder.path("provision"), withIntermediateDirectories: true)
        try folder.write("output: json\nonly: [/a]\n", to: "provision/config.yaml")
        let text = "file_mounts: {/a: s3://team-data/a, /b: s3://team-data/b}"
        let environment = ["XDG_CONFIG_HOME": folder.path]
        #expect(try plan(dryRun(text, environment: environment)).count == 1)
        #expect(try dryRun(text, "--output", "text", environment: environment).output.contains("ok; "))
        try folder.write("outputt: json\n", to: "provision/config.yaml")
        let wrong = try dryRun(text, environment: environment)
        #expect(wrong.status == 78)
        #expect(wrong.errors.contains("did you mean output?"))
        try folder.write("output: [\n", to: "provision/config.yaml")
        #expect(try dryRun(text, environment: environment).status == 65)
    }

    /// The endpoint of a profile softens the rules for names, as that of the environment does.
    @Test func profilesOfTheAWSConfiguration() throws {
        try folder.write(
            "[default]\nregion = x\n[profile lab]\nservices = lab\n[services lab]\ns3 =\n  endpoint_url = http://h:9000\n",
            to: "aws")
        let text = "file_mounts: {/a: s3://My_Bucket/x}"
        #expect(try dryRun(text, environment: ["AWS_CONFIG_FILE": folder.path("aws")]).status == 78)
        let lab = try dryRun(
            text, "--output", "json", environment: ["AWS_CONFIG_FILE": folder.path("aws"), "AWS_PROFILE": "lab"])
        #expect(lab.status == 0)
        #expect(try plan(lab).first?["endpoint"] as? String == "http://h:9000")
    }

    @Test func standardInput() throws {
        let finished = try provision(
            "--dry-run", "--offline", "-", input: "file_mounts: {a: s3://team-data}", in: folder.path)
        #expect(finished.status == 78)
        #expect(finished.output.hasPrefix("<stdin>:1:15: error[bad-destination]: "))
        let good = try provision(
            "--dry-run", "--offline", "--output=json", "-", input: "\u{FEFF}file_mounts:\r\n  /a: s3://team-data\r\n",
            in: folder.path)
        #expect(try document(good)["task"] as? String == "stdin")
        #expect(try plan(good).count == 1)
    }

    // MARK: What is not there yet

    @Test func sayingWhatIsNotBuilt() throws {
        let text = "file_mounts: {/a: {source: s3://team-data, mode: COPY, shard: auto}}"
        let finished = try dryRun(text)
        #expect(finished.status == 0)
        #expect(finished.output.contains("warning[not-built]: `shard`"))
        let running = try provision("task.yaml", in: folder.path)
        #expect(running.status == 64)
        #expect(running.output == "")
        for option in ["--ready-file=r", "--metrics-file=m", "--max-memory=1G", "--cache-dir=c"] {
            let refused = try provision("task.yaml", option, in: folder.path)
            #expect(refused.status == 64)
            #expect(refused.errors.contains("is not there yet"), "\(option)")
        }
        #expect(try provision("task.yaml", "--", "true", in: folder.path).status == 64)
        let asking = try provision("--dry-run", "task.yaml", in: folder.path)
        #expect(asking.status == 64)
        #expect(asking.output.contains("error[not-built]: copying from S3 is not built yet"))
        // A file with mistakes is told of them whatever is built.
        try folder.write("file_mounts: {a: s3://team-data}", to: "task.yaml")
        #expect(try provision("task.yaml", in: folder.path).status == 78)
        #expect(try provision("--dry-run", "task.yaml", in: folder.path).status == 78)
    }
}
