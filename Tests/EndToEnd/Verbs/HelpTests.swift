import TestSupport
import Testing

@Suite(.apart) struct HelpTests {
    @Test func goesToStandardOutput() throws {
        for words in [["help"], ["--help"], ["-h"], ["--nonsense", "-h"]] {
            let finished = try Program.run([Program.provision] + words)
            #expect(finished.status == 0)
            #expect(finished.errors == "")
            #expect(finished.output.contains("--dry-run") && finished.output.contains("TASK.yaml"))
            #expect(!finished.output.contains("\u{1B}"))
        }
    }

    @Test func ofOneVerb() throws {
        let asked = try provision("help", "init")
        #expect(asked.output.hasPrefix("provision init [TASK.yaml] [options]\n"))
        #expect(try provision("init", "--help").output == asked.output)
        #expect(try provision("init", "--help", "--color", "always").output.contains("\u{1B}[1m"))
    }

    /// An option that means something else with another verb is explained for the verb that was asked about.
    @Test func ofAnOptionWithOneVerb() throws {
        #expect(try provision("help", "init").output.contains("replace the file that is there"))
        #expect(try provision("help", "down").output.contains("unmount also what is in use"))
        for verb in ["init", "down"] { #expect(try !provision("help", verb).output.contains("fetch again")) }
        #expect(try provision("help").output.contains("fetch again, replace what exists, unmount what"))
    }

    @Test func unknownTopic() throws {
        let finished = try provision("help", "statsu")
        #expect(finished.status == 64)
        #expect(finished.output == "")
        #expect(finished.errors.hasSuffix("  hint: did you mean status?\n"))
    }

    @Test(.enabled(if: Program.isInstalled("mandoc"), "mandoc is not installed"))
    func manualPageHasNoFinding() throws {
        let page = try provision("help", "man")
        #expect(page.status == 0)
        let findings = try Program.run(["mandoc", "-T", "lint", "-W", "warning"], input: page.output)
        #expect(findings.output + findings.errors == "")
        #expect(findings.status == 0)
        let shown = try Program.run(["mandoc", "-T", "ascii"], input: page.output).output.replacing(#/.\x08/#, with: "")
        #expect(shown.contains("--dry-run") && shown.contains("EXIT STATUS"))
    }
}
