import TestSupport
import Testing

/// What any verb does with a wrong command line or a broken standard stream.
@Suite(.apart) struct UsageTests {
    @Test func messageAndHintGoToStandardError() throws {
        let finished = try provision("task.yaml", "--dryrun")
        #expect(finished.status == 64)
        #expect(finished.output == "")
        #expect(finished.errors == "provision: unknown option '--dryrun'\n  hint: did you mean --dry-run?\n")
    }

    @Test func theVariableIsNamed() throws {
        let finished = try provision("task.yaml", environment: ["PROVISION_JOBS": "many"])
        #expect(finished.status == 64)
        #expect(finished.errors == "provision: PROVISION_JOBS: 'many' is not a whole number from 1 on\n")
    }

    @Test func aFileOfAnotherNameIsExplained() throws {
        let folder = try TemporaryFolder()
        try folder.write("", to: "job")
        #expect(try provision("job", in: folder.path).errors.contains("must end in .yaml or .yml"))
        #expect(try provision("jobs", in: folder.path).errors.contains("unknown verb 'jobs'"))
    }

    @Test func argumentThatIsNoText() throws {
        let finished = try Program.run(["bash", "-c", #""$0" $'\xff.yaml'"#, Program.provision])
        #expect(finished.status == 64)
        #expect(finished.errors == "provision: an argument is not UTF-8 text\n")
    }

    @Test(arguments: ["version", "help", "completion bash", "init -"])
    func resultThatCannotBeWrittenIsAFailure(words: String) throws {
        let full = try shell("\(words) >/dev/full")
        #expect(full.status == 74)
        #expect(full.errors.contains("No space left on device"))
        let closed = try shell("\(words) >&-")
        #expect(closed.status == 74)
        #expect(closed.errors.hasPrefix("provision: the result cannot be written"))
    }

    @Test func readerThatHasGoneEndsItQuietly() throws {
        let waitThenWrite = #"exec 3> >(exit); wait $!; "$0" help >&3; echo "status $?" >&2"#
        #expect(try Program.run(["bash", "-c", waitThenWrite, Program.provision]).errors == "status 74\n")
    }

    private func shell(_ words: String, in folder: String? = nil) throws -> Finished {
        try Program.run(["bash", "-c", "\"$0\" \(words)", Program.provision], in: folder)
    }
}
