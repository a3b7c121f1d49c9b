import Foundation
import TestSupport
import Testing

/// What a run takes from outside of the task file: flags, variables of the environment, the configuration file.
@Suite(.apart) struct RunSettingTests {
    private let sandbox: CopySandbox

    init() throws {
        sandbox = try CopySandbox()
        try sandbox.write(["src/a": "1"])
    }

    private func run(_ words: String..., environment: [String: String]) throws -> Finished {
        try Program.run([Program.provision, "task.yaml"] + words, environment: environment, in: sandbox.folder.path)
    }

    /// What a flag can say its variable can say.
    @Test func variablesStandInForFlags() throws {
        try sandbox.write([
            "task.yaml": "name: one\nfile_mounts: {}\n---\nname: two\nfile_mounts: {'/${X}': ./src/a, /y: ./src/a}"
        ])
        let environment = [
            "PROVISION_OUTPUT": "json", "PROVISION_STATE_DIR": sandbox.state, "PROVISION_ROOT": sandbox.path("root"),
            "PROVISION_TASK": "two", "PROVISION_ONLY": "/v\n/y", "PROVISION_ENV": "X=v", "PROVISION_JOBS": "2",
            "PROVISION_TIMEOUT": "1h", "PROVISION_NO_PROGRESS": "yes", "PROVISION_COLOR": "always",
        ]
        let dryRun = try run(environment: environment.merging(["PROVISION_DRY_RUN": "1"]) { $1 })
        #expect(dryRun.status == 0, "\(dryRun.errors)")
        #expect(!Files.isThere(sandbox.path("root")))
        let finished = try run(environment: environment)
        #expect(finished.status == 0, "\(finished.errors)")
        #expect(try Document(finished).mounts.map(\.destination) == ["/v", "/y"])
        #expect(sandbox.content("root/v") == "1")
        #expect(sandbox.content("state/two/status.json") == finished.output)
    }

    @Test func flagThenEnvironmentThenConfiguration() throws {
        try sandbox.write([
            "task.yaml": "file_mounts: {/a: ./src/a}",
            "config/provision/config.yaml": "root: \(sandbox.path("by-config"))\noutput: json\n",
        ])
        let configured = ["XDG_CONFIG_HOME": sandbox.path("config")]
        let both = configured.merging(["PROVISION_ROOT": sandbox.path("by-environment")]) { $1 }
        for (words, environment, root) in [
            ([], configured, "by-config"), ([], both, "by-environment"),
            (["--root", sandbox.path("by-flag")], both, "by-flag"),
        ] {
            let finished = try Program.run(
                [Program.provision, "task.yaml"] + words, environment: environment, in: sandbox.folder.path)
            #expect(finished.status == 0, "\(finished.errors)")
            #expect(try Document(finished).mounts.first?.json["path"] as? String == sandbox.path(root + "/a"))
            #expect(sandbox.content(root + "/a") == "1")
        }
    }

    @Test func configurationInTheHomeFolder() throws {
        try sandbox.write([
            "task.yaml": "file_mounts: {/a: ./src/a}",
            "home/.config/provision/config.yaml": "root: \(sandbox.path("root"))\n",
        ])
        #expect(try run(environment: ["HOME": sandbox.path("home")]).status == 0)
        #expect(sandbox.content("root/a") == "1")
    }

    /// A value that is wrong is refused wherever it comes from, before anything is done.
    @Test func wrongValues() throws {
        try sandbox.write(["task.yaml": sandbox.task(), "config/provision/config.yaml": "jobs: many\n"])
        for (name, value) in [
            ("JOBS", "0"), ("JOBS", "-1"), ("TIMEOUT", "10 parsecs"), ("OUTPUT", "xml"), ("COLOR", "red"),
            ("DRY_RUN", "maybe"),
        ] {
            let finished = try run(environment: ["PROVISION_" + name: value])
            #expect(finished.status == 64)
            #expect(finished.errors.hasPrefix("provision: PROVISION_\(name): "), "\(finished.errors)")
        }
        let configured = try run(environment: ["XDG_CONFIG_HOME": sandbox.path("config")])
        #expect(configured.status == 78)
        #expect(configured.errors.contains("config.yaml: jobs: "))
        #expect(!Files.isThere(sandbox.destination))
    }

    // MARK: Variables of the task

    @Test func variablesOfTheTask() throws {
        try sandbox.write(["src/b": "2", "src/c": "3", "vars": "FILE=b\n"])
        let task = """
            envs: {FILE: a, FROM_SHELL: null, LEFT_ALONE: own}
            file_mounts: {"/${FROM_SHELL}/${LEFT_ALONE}/${MORE:-nothing}": "./src/$FILE"}
            """
        let environment = ["FROM_SHELL": "shell", "LEFT_ALONE": "from the environment", "MORE": "not asked for"]
        func content(_ options: [String], at path: String) throws -> String? {
            Files.removeTree(sandbox.path("root"))
            let finished = try sandbox.run(task, ["--root", "root"] + options, environment: environment)
            #expect(finished.status == 0, "\(finished.output)\(finished.errors)")
            return sandbox.content("root/" + path)
        }
        #expect(try content([], at: "shell/own/nothing") == "1")
        #expect(try content(["--env-file", "vars"], at: "shell/own/nothing") == "2")
        #expect(try content(["--env-file", "vars", "--env", "FILE=c"], at: "shell/own/nothing") == "3")
        #expect(
            try content(["--env", "MORE", "--env", "LEFT_ALONE"], at: "shell/from the environment/not asked for") == "1"
        )
        let undefined = try sandbox.run("file_mounts: {/x: './${MORE}'}", environment: environment)
        #expect(undefined.status == 78)
        #expect(undefined.output.contains("undefined-variable"))
    }

    /// A null that the environment does not fill is undefined, which matters only where it is used.
    @Test func nullWithoutAValue() throws {
        try sandbox.succeed("envs: {TOKEN: null}\n" + sandbox.task())
        let document = try sandbox.fail(78, "envs: {TOKEN: null}\nfile_mounts: {/x: './${TOKEN}'}")
        #expect(document.diagnostics.contains { $0.contains("undefined-variable") }, "\(document.diagnostics)")
    }

    // MARK: Host folders

    /// `fs://STORAGE-ID/PATH`: an id stands for a folder of the machine, which the operator names.
    @Test func hostFolders() throws {
        let providers = "nas: {provider: fs, path: \(sandbox.path("nas"))}\n"
        try sandbox.write(["nas/data/x": "9", "p.yaml": providers, "config/provision/providers.yaml": providers])
        let task = "file_mounts: {\(sandbox.path("all")): 'fs://nas/data', \(sandbox.path("one")): 'fs://nas/data/x'}"
        func expectCopied(_ finished: Finished) {
            #expect(finished.status == 0, "\(finished.output)\(finished.errors)")
            #expect(sandbox.content("all/x") == "9")
            #expect(sandbox.content("one") == "9")
            for name in ["all", "one"] { Files.removeTree(sandbox.path(name)) }
        }
        #expect(try sandbox.run(task).status == 78)
        expectCopied(try sandbox.run(task, ["--providers", "p.yaml"]))
        expectCopied(try sandbox.run(task, environment: ["PROVISION_PROVIDERS": sandbox.path("p.yaml")]))
        expectCopied(try sandbox.run(task + "\nproviders: {nas: {provider: fs, path: \(sandbox.path("nas"))}}"))
        expectCopied(try sandbox.run(task + "\nproviders: p.yaml"))
        expectCopied(try sandbox.run(task, environment: ["XDG_CONFIG_HOME": sandbox.path("config")]))
    }
}
