import Foundation
import TestSupport
import Testing

/// What a dry run takes from outside of the task file: variables, providers, configuration.
@Suite(.apart) struct DryRunSettingTests {
    private let sandbox: DryRunSandbox

    init() throws {
        sandbox = try DryRunSandbox()
    }

    @Test func variablesFromOutside() throws {
        try sandbox.folder.write(
            "\u{FEFF}# comment\nexport\tBUCKET='from-file' # the bucket\nREGION = eu\nPASSED\n\n", to: "vars")
        let text = "envs: {BUCKET: from-task}\nfile_mounts: {/a: \"s3://${BUCKET}/${REGION:-none}/${PASSED:-none}\"}"
        func source(_ options: String...) throws -> String? {
            try sandbox.folder.write(text, to: "task.yaml")
            let finished = try Program.run(
                [Program.provision, "--dry-run", "--offline", "--output", "json", "task.yaml"] + options,
                environment: ["PASSED": "p", "BUCKET": "from-environment", "PROVISION_ENV": "REGION=twin"],
                in: sandbox.folder.path)
            #expect(finished.status == 0, "\(finished.output)\(finished.errors)")
            return try sandbox.plan(finished).first?["source"] as? String
        }
        #expect(try source() == "s3://from-task/twin/none")
        #expect(try source("--env", "BUCKET=from-flag") == "s3://from-flag/none/none")
        #expect(try source("--env-file", "vars", "--env", "A=b") == "s3://from-file/eu/p")
        #expect(try source("--env-file", "vars", "--env", "BUCKET") == "s3://from-environment/eu/p")

        try sandbox.folder.write("A=1\n2B=hunter2\n", to: "bad")
        let bad = try sandbox.dryRun(text, "--env-file", "bad")
        #expect(bad.status == 78)
        #expect(bad.errors.contains("bad:2:"))
        #expect(!bad.errors.contains("hunter2"))
        #expect(try sandbox.dryRun(text, "--env-file", "absent").status == 66)
        #expect(try sandbox.dryRun(text, "--env", "NOT_EXPORTED").status == 64)
    }

    @Test func providersFromOutside() throws {
        try sandbox.folder.write("lab: {provider: minio, endpoint: h:9000}", to: "p.yaml")
        let text = "file_mounts: {/a: {source: s3://team-data, provider: lab}}"
        #expect(try sandbox.dryRun(text).status == 78)
        #expect(try sandbox.dryRun(text, "--providers", "p.yaml").status == 0)
        #expect(try sandbox.dryRun(text, environment: ["PROVISION_PROVIDERS": "p.yaml"]).status == 0)
        #expect(try sandbox.dryRun(text + "\nproviders: p.yaml").status == 0)
        #expect(try sandbox.dryRun(text, "--providers", "absent.yaml").status == 78)
        #expect(try sandbox.dryRun("file_mounts: {}", "--providers", "absent.yaml").status == 66)

        let config = sandbox.folder.path("config/provision")
        try FileManager.default.createDirectory(atPath: config, withIntermediateDirectories: true)
        try sandbox.folder.write(
            "lab: {provider: minio, endpoint: h:9000, prot: 1}", to: "config/provision/providers.yaml")
        let own = try sandbox.dryRun(text, environment: ["XDG_CONFIG_HOME": sandbox.folder.path("config")])
        #expect(own.status == 78)
        #expect(own.output.contains("config/provision/providers.yaml:1:42: error[unknown-key]"))
        #expect(own.output.contains("did you mean `port`?"))
    }

    @Test func configurationFile() throws {
        try FileManager.default.createDirectory(
            atPath: sandbox.folder.path("provision"), withIntermediateDirectories: true)
        try sandbox.folder.write("output: json\nonly: [/a]\n", to: "provision/config.yaml")
        let text = "file_mounts: {/a: s3://team-data/a, /b: s3://team-data/b}"
        let environment = ["XDG_CONFIG_HOME": sandbox.folder.path]
        #expect(try sandbox.plan(sandbox.dryRun(text, environment: environment)).count == 1)
        #expect(try sandbox.dryRun(text, "--output", "text", environment: environment).output.contains("ok; "))
        try sandbox.folder.write("outputt: json\n", to: "provision/config.yaml")
        let wrong = try sandbox.dryRun(text, environment: environment)
        #expect(wrong.status == 78)
        #expect(wrong.errors.contains("did you mean output?"))
        try sandbox.folder.write("output: [\n", to: "provision/config.yaml")
        #expect(try sandbox.dryRun(text, environment: environment).status == 65)
    }

    /// The endpoint of a profile softens the rules for names, as that of the environment does.
    @Test func profilesOfTheAWSConfiguration() throws {
        try sandbox.folder.write(
            "[default]\nregion = x\n[profile lab]\nservices = lab\n[services lab]\ns3 =\n  endpoint_url = http://h:9000\n",
            to: "aws")
        let text = "file_mounts: {/a: s3://My_Bucket/x}"
        #expect(try sandbox.dryRun(text, environment: ["AWS_CONFIG_FILE": sandbox.folder.path("aws")]).status == 78)
        let lab = try sandbox.dryRun(
            text, "--output", "json",
            environment: ["AWS_CONFIG_FILE": sandbox.folder.path("aws"), "AWS_PROFILE": "lab"])
        #expect(lab.status == 0)
        #expect(try sandbox.plan(lab).first?["endpoint"] as? String == "http://h:9000")
    }
}
