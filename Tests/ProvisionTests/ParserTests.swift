import Platform
import Testing

@testable import provision

struct ParserTests {
    @Test(arguments: ["task.yaml", "dir/task.yml", "-", "status.yaml", "./a b.yaml"])
    func taskFileNeedsNoVerb(name: String) throws {
        let invocation = try parse(words: [name])
        #expect(invocation.verb == .run)
        #expect(invocation.operands == [name])
        #expect(invocation.command == nil)
    }

    @Test func optionsStandAnywhereBeforeTheDashes() throws {
        for line in ["--jobs 4 -v task.yaml", "task.yaml --jobs 4 -v", "-v task.yaml --jobs=4"] {
            let invocation = try parse(line)
            #expect(invocation.operands == ["task.yaml"])
            #expect(invocation.settings.jobs == 4 && invocation.settings.verbose)
        }
        #expect(try parse("-q init --force x.yaml").operands == ["x.yaml"])
    }

    @Test func behindTheDashesEverythingIsTheCommands() throws {
        let invocation = try parse(words: ["task.yaml", "--", "sh", "-c", "", "--help", "--", "--jobs"])
        #expect(invocation.command == ["sh", "-c", "", "--help", "--", "--jobs"])
        #expect(invocation.settings.jobs == nil)
    }

    @Test func commandKeepsItsBytes() throws {
        let odd = [UInt8(0x66), 0xFF, 0xFE]
        let argument = RawArgument(cString: odd.map { CChar(bitPattern: $0) } + [0])
        let environment = Environment([:])
        let invocation = try Parser.parse(["task.yaml", "--", "echo", argument], environment: environment)
        #expect(invocation.command?.last?.bytes == odd)
        let refused = #expect(throws: Failure.self) { try Parser.parse([argument], environment: environment) }
        #expect(refused?.message == "an argument is not UTF-8 text")
    }

    @Test func commandOnlyWithATaskFile() {
        #expect(failure("task.yaml --")?.message == "no COMMAND behind --")
        #expect(failure("-- ls")?.message == "no task file before --")
        #expect(failure("version -- ls")?.message?.contains("COMMAND") == true)
        #expect(failure("version --")?.message?.contains("COMMAND") == true)
    }

    @Test func nothingAtAll() {
        #expect(failure("") == .usage("neither a task file nor a verb", hint: "`provision help` shows what there is"))
        #expect(failure("-q")?.status == .usage)
        #expect(failure(words: ["", "task.yaml"])?.message == "an argument is empty")
    }

    @Test func shortOptionsCombine() throws {
        #expect(try parse("version -vv").settings.verbose)
        #expect(try parse("version -qh").verb == .help)
        #expect(failure("version -qx")?.message == "unknown option '-x'")
    }

    @Test(arguments: [
        ("--dryrun", "--dry-run"), ("--output-format", nil), ("-dry-run", "--dry-run"), ("--Force", "--force"),
        ("--envfile", "--env-file"), ("--xyzzy", nil),
    ])
    func unknownOptionNamesTheNearest(option: String, nearest: String?) {
        let found = failure("task.yaml \(option)")
        #expect(found?.message == "unknown option '\(option)'")
        #expect(found?.hint == (nearest.map { "did you mean \($0)?" } ?? "`provision help` shows the options"))
    }

    @Test func unknownVerb() {
        #expect(failure("stauts") == .usage("unknown verb 'stauts'", hint: "did you mean status?"))
        #expect(failure("xyzzy")?.hint?.contains("status, down, flush") == true)
        #expect(failure("run task.yaml")?.hint == "a task file needs no verb: provision task.yaml")
        #expect(failure("s3://bucket/x")?.hint?.contains("provision pull URL") == true)
    }

    @Test(arguments: ["task.json", "task.YAML", "./task", "dir/", "/etc/passwd"])
    func taskFileOfAnotherNameIsExplained(name: String) {
        #expect(failure(name)?.message == "'\(name)' is no task file by its name, which must end in .yaml or .yml")
        #expect(failure(name)?.hint?.contains("provision - <") == true)
    }

    @Test func operandsAreCounted() {
        #expect(failure("a.yaml b.yaml")?.message == "two task files, 'a.yaml' and 'b.yaml'")
        #expect(failure("a.yaml status")?.hint == "a verb stands first: provision status a.yaml")
        #expect(failure("a.yaml python")?.hint == "a command of yours stands behind --")
        #expect(failure("completion") == .usage("an operand is missing", hint: "provision completion bash|zsh|fish"))
        #expect(failure("version now")?.message == "'now' is one operand too many")
        let shell = failure("completion bahs")
        #expect(shell == .usage("'bahs' is not one of bash, zsh, fish", hint: "did you mean bash?"))
    }

    @Test func operandCounts() {
        #expect(Verb.push.row.operands.counts == (2, nil))
        #expect(Verb.pull.row.operands.counts == (1, 2))
        #expect(Verb.check.row.operands.counts == (1, nil))
        #expect(Verb.doctor.row.operands.counts == (0, 0))
    }

    @Test(arguments: Verb.allCases.filter { !$0.isBuilt })
    func whatIsNotThereYetSaysSo(verb: Verb) {
        let found = failure("\(verb.rawValue) --force whatever you like")
        #expect(found == .usage("`provision \(verb.rawValue)` is not there yet"))
    }

    @Test func helpWinsOverEveryMistake() throws {
        for line in ["--help", "-h", "--nonsense --help", "stauts -h", "task.yaml --jobs x --help", "--env --help"] {
            #expect(try parse(line).verb == .help)
        }
        #expect(try parse("pull --help").operands == ["pull"])
        #expect(try parse("task.yaml -h -- ls").operands == ["run"])
        #expect(try parse("nonsense -h").operands == [])
        #expect(try parse("--version --help").verb == .help)
        #expect(failure("--help=yes")?.message == "--help takes no value")
    }

    @Test func theFirstMistakeIsTheOneReported() {
        #expect(failure("task.yaml --nonsense --jobs x")?.message == "unknown option '--nonsense'")
        #expect(failure("task.yaml --jobs x --nonsense")?.message?.hasPrefix("--jobs") == true)
    }

    @Test func versionAnywhere() throws {
        #expect(try parse("--version").verb == .version)
        #expect(try parse("--version --output json").settings.output == .json)
        #expect(failure("--version --nonsense")?.message == "unknown option '--nonsense'")
    }

    @Test func negativeNumbersAreValuesThatAreRefused() {
        #expect(failure("task.yaml --jobs -4")?.message == "--jobs: '-4' is not a whole number from 1 on")
        #expect(failure("task.yaml --jobs 0")?.message == "--jobs: '0' is not a whole number from 1 on")
        #expect(failure("task.yaml --fuse-fd 99999999999")?.message?.contains("from 0 to 2147483647") == true)
        #expect(failure("task.yaml --max-memory 0")?.message == "--max-memory: '0' is not a size above 0")
    }

    @Test func refusalsSayWhatIsAccepted() {
        #expect(failure("task.yaml --output jsn")?.message == "--output: 'jsn' is not one of text, json, ndjson")
        #expect(failure("task.yaml --output jsn")?.hint == "did you mean json?")
        #expect(failure("task.yaml --timeout 5")?.hint?.contains("30s, 10m, 12h") == true)
        #expect(failure("task.yaml --max-memory lots")?.hint?.contains("10GiB") == true)
        let maybe = failure("version", ["PROVISION_QUIET": "maybe"])
        #expect(maybe?.message == "PROVISION_QUIET: 'maybe' is neither on nor off")
    }
}
