import Platform
import Testing

@testable import provision

struct SettingsTests {
    @Test func defaults() throws {
        let none = try parse("task.yaml").settings
        #expect(!none.dryRun && !none.offline && !none.watch && !none.force && !none.noProgress)
        #expect(!none.quiet && !none.verbose)
        #expect(none.output == .text && none.color == .auto)
        #expect(none.only == [] && none.env == [] && none.envFiles == [])
        #expect(none.task == nil && none.providers == nil && none.root == nil)
        #expect(none.stateDir == nil && none.cacheDir == nil && none.readyFile == nil && none.metricsFile == nil)
        #expect(none.jobs == nil && none.maxMemory == nil && none.fuseFD == nil)
        #expect(none.timeout == nil && none.drainTimeout == nil)
    }

    @Test func everyAccessorReadsItsOwnOption() throws {
        let set = try parse(
            "task.yaml --dry-run --offline --output ndjson --only /a --only /b --task 2 --env A=1 --env B --env-file e "
                + "--providers p --root r --state-dir s --cache-dir c --jobs 8 --max-memory 2GiB --timeout 10m "
                + "--drain-timeout 1h30m --ready-file y --metrics-file m --fuse-fd 3 --force -q --color never "
                + "--no-progress"
        ).settings
        #expect(set.dryRun && set.offline && set.force && set.quiet && set.noProgress)
        #expect(set.output == .ndjson && set.color == .never)
        #expect(set.only == ["/a", "/b"] && set.env == ["A=1", "B"] && set.envFiles == ["e"])
        #expect(set.task == "2" && set.providers == "p" && set.root == "r")
        #expect(set.stateDir == "s" && set.cacheDir == "c" && set.readyFile == "y" && set.metricsFile == "m")
        #expect(set.jobs == 8 && set.maxMemory == ByteSize(bytes: 2 << 30) && set.fuseFD == 3)
        #expect(set.timeout?.milliseconds == 600_000 && set.drainTimeout?.milliseconds == 5_400_000)
        #expect(try parse("task.yaml -v").settings.verbose)
        #expect(try settings(of: .status, "--watch").watch)
    }

    @Test(arguments: ["1", "true", "TRUE", "yes", "Yes", "on", "ON"])
    func switchedOn(word: String) throws {
        #expect(try parse("task.yaml", ["PROVISION_DRY_RUN": word]).settings.dryRun)
        #expect(try parse("task.yaml --dry-run=\(word)").settings.dryRun)
    }

    @Test(arguments: ["0", "false", "False", "no", "NO", "off"])
    func switchedOff(word: String) throws {
        #expect(try !parse("task.yaml", ["PROVISION_DRY_RUN": word]).settings.dryRun)
        #expect(try !parse("task.yaml --dry-run=\(word)", ["PROVISION_DRY_RUN": "1"]).settings.dryRun)
    }

    @Test func noLimitByZero() throws {
        #expect(try parse("task.yaml --timeout 0 --drain-timeout 0s").settings.timeout == nil)
        #expect(try parse("task.yaml --timeout 0", ["PROVISION_TIMEOUT": "5m"]).settings.timeout == nil)
    }

    @Test func offlineNeedsDryRunUnlessItIsExported() throws {
        #expect(failure("task.yaml --offline")?.message == "--offline goes only with --dry-run")
        #expect(try parse("task.yaml --offline", ["PROVISION_DRY_RUN": "1"]).settings.offline)
        #expect(try parse("task.yaml", ["PROVISION_OFFLINE": "1"]).settings.offline)
        #expect(failure("task.yaml --offline --dry-run=no")?.status == .usage)
    }

    @Test func quietAndVerboseContradictOnlyFromTheSamePlace() throws {
        #expect(failure("version -qv")?.message == "--quiet and --verbose contradict each other")
        let exported = failure("version", ["PROVISION_QUIET": "1", "PROVISION_VERBOSE": "1"])
        #expect(exported?.message == "PROVISION_QUIET and PROVISION_VERBOSE contradict each other")
        let quiet = try parse("version -q", ["PROVISION_VERBOSE": "1"]).settings
        #expect(quiet.quiet && !quiet.verbose)
        var verbose = try parse("version", ["PROVISION_VERBOSE": "1"]).settings
        try verbose.apply(config: ["quiet": ["yes"]], from: "c.yaml")
        #expect(verbose.verbose && !verbose.quiet)
    }

    @Test func configurationIsCheckedWhole() throws {
        var settings = try parse("version").settings
        func refusal(_ config: [String: [String]]) -> Failure? {
            #expect(throws: Failure.self) { try settings.apply(config: config, from: "c.yaml") }
        }
        let unknown = refusal(["joobs": ["8"]])
        #expect(unknown?.status == .badConfiguration)
        #expect(unknown?.message == "c.yaml: unknown option 'joobs'")
        #expect(unknown?.hint == "did you mean jobs?")
        #expect(refusal(["help": ["yes"]])?.message == "c.yaml: unknown option 'help'")
        #expect(refusal(["color": ["always", "never"]])?.message == "c.yaml: color: takes one value, not 2")
        // Of another verb: checked, since the file is everybody's, but not used.
        #expect(refusal(["jobs": ["many"]])?.message?.hasPrefix("c.yaml: jobs: ") == true)
        try settings.apply(config: ["jobs": ["8"], "color": []], from: "c.yaml")
        #expect(settings.jobs == nil && settings.color == .auto)
        #expect(refusal(["quiet": ["1"], "verbose": ["1"]])?.status == .badConfiguration)
    }

    @Test func repeatableConfigurationKeepsItsOrder() throws {
        var settings = try parse("task.yaml").settings
        try settings.apply(config: ["only": ["/b", "/a"]], from: "c.yaml")
        #expect(settings.only == ["/b", "/a"])
    }
}
