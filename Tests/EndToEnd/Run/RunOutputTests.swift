import Foundation
import TestSupport
import Testing

/// What a run writes where: results to standard output, everything else to standard error.
@Suite(.apart) struct RunOutputTests {
    private let sandbox: CopySandbox
    private let task: String

    init() throws {
        sandbox = try CopySandbox()
        try sandbox.write(["src/a": "1", "file": "mine"])
        try Files.makePipe(sandbox.path("src/pipe"))
        task = "file_mounts: {\(sandbox.destination): {source: ./src}, \(sandbox.path("file")): {source: ./src}}"
    }

    @Test func textOnItsStream() throws {
        let finished = try sandbox.run(task, ["--output", "text"])
        #expect(finished.status == 73)
        let rows = finished.output.split(separator: "\n").map { $0.split(separator: " ").map(String.init) }
        #expect(rows.first?.first == "STATE")
        #expect(
            rows.contains { $0.starts(with: ["copied", sandbox.destination, "COPY", "1", "0"]) }, "\(finished.output)")
        #expect(rows.contains { $0.starts(with: ["failed", sandbox.path("file"), "COPY", "0", "0"]) })
        #expect(finished.output.contains("\(sandbox.path("file")): destination-denied: "))
        #expect(!finished.output.contains("warning["))
        #expect(finished.errors.contains("task.yaml:1:") && finished.errors.contains("warning[bad-value]: not copied"))
        #expect(finished.errors.contains("error[destination-denied]"))
    }

    @Test(arguments: ["json", "ndjson"])
    func documentsAlone(format: String) throws {
        let finished = try sandbox.run(task, ["--output", format])
        for line in format == "json" ? [Substring(finished.output)] : finished.output.split(separator: "\n") {
            #expect(throws: Never.self) { try JSONSerialization.jsonObject(with: Data(line.utf8)) }
        }
        #expect(!finished.errors.contains("{"))
    }

    @Test func quiet() throws {
        let quiet = try sandbox.run(task, ["--output", "text", "-q"])
        #expect(quiet.output.contains("STATE"))
        #expect(!quiet.errors.contains("warning["))
        #expect(quiet.errors.contains("error[destination-denied]"))
        let fine = try sandbox.run("file_mounts: {\(sandbox.destination): {source: ./src}}", ["-q"])
        #expect(fine.errors == "")
    }

    @Test func verboseAndQuietContradict() throws {
        #expect(try sandbox.run(task, ["-q", "-v"]).status == 64)
        #expect(!Files.isThere(sandbox.destination))
    }

    // MARK: Colour and progress

    private static let escape = "\u{1B}["

    @Test func colourAsAsked() throws {
        for (choice, isColoured) in [("always", true), ("never", false), ("auto", false)] {
            let finished = try sandbox.run(task, ["--output", "text", "--color", choice])
            #expect(finished.output.contains(Self.escape) == isColoured, "\(choice)")
            #expect(finished.errors.contains(Self.escape) == isColoured, "\(choice)")
        }
        // Who asks for it on the command line knows better than the environment.
        let asked = try sandbox.run(
            task, ["--output", "text", "--color=always"], environment: ["NO_COLOR": "1", "TERM": "dumb"])
        #expect(asked.output.contains(Self.escape))
        // Documents are for programs.
        #expect(try !sandbox.run(task, ["--color", "always"]).output.contains(Self.escape))
    }

    /// Both streams on a pseudo-terminal.
    private func onATerminal(_ options: [String], _ environment: [String: String] = [:]) throws -> String {
        let words = try sandbox.words(task, ["--output", "text"] + options)
        let line = words.map { "'\($0)'" }.joined(separator: " ")
        return try Program.run(
            ["script", "-qec", line, "/dev/null"],
            environment: environment.merging(["TERM": "xterm"]) { own, _ in own },
            in: sandbox.folder.path
        ).output
    }

    @Test(.enabled(if: Program.isInstalled("script"), "script is not installed"))
    func onATerminal() throws {
        let (colour, redraw) = ("\u{1B}[2m", "\u{1B}[K")
        let plain = try onATerminal([])
        #expect(plain.contains(colour) && plain.contains(redraw), "\(plain)")
        for environment in [["NO_COLOR": "1"], ["TERM": "dumb"]] {
            #expect(try !onATerminal([], environment).contains(colour), "\(environment)")
        }
        #expect(try onATerminal([], ["NO_COLOR": ""]).contains(colour))
        #expect(try !onATerminal(["--color", "never"]).contains(colour))
        for option in ["--no-progress", "-q"] {
            let still = try onATerminal([option])
            #expect(still.contains("STATE") && !still.contains(redraw), "\(option)")
        }
    }

    /// Where nobody sees a line change there is a new one every ten seconds. The run waits for another one's lock.
    @Test func aLineEveryTenSeconds() throws {
        for number in 0..<1500 { try sandbox.write(["src/\(number)": "x"]) }
        let first = try sandbox.start(sandbox.task())
        let isHalted = try first.halt { sandbox.names.count > 3 }
        try #require(isHalted)
        let second = try sandbox.start(sandbox.task(), ["--output", "text"])
        usleep(11_000_000)
        first.resume()
        #expect(try first.wait().status == 0)
        let waited = try second.wait(seconds: 60)
        let lines = waited.errors.split(separator: "\n").filter { $0.contains("copying  \(sandbox.destination)  ") }
        #expect(lines.count == 1, "\(waited.errors)")
    }

    // MARK: Readers that fail

    @Test(arguments: ["text", "json", "ndjson"])
    func whenStandardOutputFails(format: String) throws {
        let words = try sandbox.words("file_mounts: {\(sandbox.destination): ./src/a}", ["--output", format])
        for (redirection, message) in [
            (">/dev/full", "cannot be written to standard output: No space left"),
            (">&-", "cannot be written to standard output"),
            ("> >(exit)", ""),
        ] {
            let finished = try Program.run(
                ["bash", "-c", "\"$0\" \"$@\" \(redirection)"] + words, in: sandbox.folder.path)
            // A result that has not arrived is no success; what was copied is there all the same.
            if !message.isEmpty {
                #expect(finished.status == 74, "\(redirection)")
                #expect(finished.errors.contains(message), "\(finished.errors)")
            }
            #expect(sandbox.content("dst") == "1")
        }
    }

    // MARK: What nobody may see

    @Test(arguments: ["text", "json", "ndjson"])
    func noSecretIsShown(format: String) throws {
        try sandbox.write(["src/hunter2hunter2": "1", "hunter2hunter2-file": "mine"])
        let task = """
            secrets: {KEY: hunter2hunter2}
            file_mounts:
              "\(sandbox.path("ok"))/${KEY}": "./src/${KEY}"
              "\(sandbox.path("gone"))": "./${KEY}/nowhere"
              "\(sandbox.path("${KEY}-file"))": {source: ./src}
            """
        for options in [["--dry-run"], []] {
            let finished = try sandbox.run(task, ["--output", format] + options)
            #expect(finished.status == 66)
            #expect(!(finished.output + finished.errors).contains("hunter2"), "\(finished.output)\(finished.errors)")
        }
        #expect(sandbox.content("ok/hunter2hunter2") == "1")
        #expect(sandbox.content("state/task/status.json")?.contains("hunter2") == false)
    }

    /// Names come from anybody; a terminal must not obey them.
    @Test func controlCharactersAreEscaped() throws {
        try sandbox.write(["src/d/\u{1B}]0;x\u{7}": "1"])
        try Files.makePipe(sandbox.path("src/\u{1B}[31mpipe\n"))
        try sandbox.write(["dst/d/\u{1B}]0;x\u{7}/own": "mine"])
        let finished = try sandbox.run("file_mounts: {\(sandbox.destination): {source: ./src}}", ["--output", "text"])
        #expect(finished.status == 73)
        let shown = finished.output + finished.errors
        #expect(!shown.unicodeScalars.contains { $0.value < 0x20 && $0 != "\n" }, "\(shown)")
        #expect(finished.output.contains(#"\u{1b}]0;x"#) && finished.errors.contains(#"\u{1b}[31mpipe"#), "\(shown)")
    }

    /// What was found before the first byte, and what it took; on standard error, the result is the same.
    @Test func verbose() throws {
        try sandbox.write(["src/a": "1", "src/b": "22"])
        let finished = try sandbox.run(sandbox.task(), ["-v"])
        #expect(finished.status == 0)
        #expect(try Document(finished).objects["done"] == 2)
        let lines = finished.errors.split(separator: "\n").filter {
            $0.hasPrefix("provision: \(sandbox.destination): ")
        }
        #expect(lines.count == 2, "\(finished.errors)")
        #expect(lines.first?.hasSuffix(": 2 files, 3 B") == true)
        #expect(lines.last?.contains(": copied after ") == true)
        #expect(lines.last?.hasSuffix(", 0 requests, 0 of them again") == true)
        let again = try sandbox.run(sandbox.task(), ["-v"]).errors
        #expect(again.contains(": 2 files, 3 B, 3 B in place\n"), "\(again)")
    }
}
