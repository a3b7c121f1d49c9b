import TestSupport
import Testing

/// The scripts are asked for completions by the shells they are made for.
@Suite(.apart) struct CompletionTests {
    private let folder: TemporaryFolder

    init() throws {
        folder = try TemporaryFolder()
        for name in ["a.yaml", "b.yml", "c d.yaml", "x.txt"] { try folder.write("", to: name) }
        for shell in ["bash", "zsh", "fish"] {
            try folder.write(try provision("completion", shell).output, to: "." + shell)
        }
    }

    @Test(arguments: ["bash", "zsh", "fish"].filter(Program.isInstalled))
    func scriptsAreValid(shell: String) throws {
        let finished = try Program.run([shell, "-n", folder.path("." + shell)])
        #expect(finished.status == 0)
        #expect(finished.errors == "")
        #expect(try !folder.read("." + shell).isEmpty)
    }

    private static let questions: [(words: [String], offered: Set<String>)] = [
        (["--dr"], ["--dry-run", "--drain-timeout"]),
        (["a.yaml", "--dr"], ["--dry-run", "--drain-timeout"]),
        (["--jobs", "4", "a.yaml", "--ready"], ["--ready-file"]),
        (["init", "--f"], ["--force"]),
        (["init", "--dr"], []),
        (["comp"], ["completion"]),
        (["--output", "json", "comp"], ["completion"]),
        (["completion", ""], ["bash", "zsh", "fish"]),
        (["completion", "z"], ["zsh"]),
        (["--output", ""], ["text", "json", "ndjson"]),
        (["a.yaml", "--output", "j"], ["json"]),
        (["--env-file", "x"], ["x.txt"]),
        (["init", "a"], ["a.yaml"]),
        (["a.yaml", "--jobs", "4", "--", "ls", "--dr"], []),
    ]

    @Test(.enabled(if: Program.isInstalled("bash"), "bash is not installed"), arguments: questions)
    func bash(words: [String], offered: Set<String>) throws {
        #expect(Set(try bash(words)) == offered)
    }

    @Test(.enabled(if: Program.isInstalled("fish"), "fish is not installed"), arguments: questions)
    func fish(words: [String], offered: Set<String>) throws {
        // From version 4 on fish also offers what has the letters somewhere, such as --cache-dir for --dr.
        let typed = words.last ?? ""
        #expect(Set(try fish(words).filter { $0.hasPrefix(typed) }) == offered)
    }

    @Test(.enabled(if: Program.isInstalled("bash"), "bash is not installed"))
    func bashTakesEqualsApartOrNot() throws {
        #expect(try bash(["--output", "=", "js"]) == ["json"])
        #expect(try Set(bash(["--output", "="])) == ["text", "json", "ndjson"])
        #expect(try bash(["--output=js"]) == ["--output=json"])
        #expect(try bash(["--output", "=", "json", "comp"]) == ["completion"])
        #expect(try bash(["--dry-run", "=", "yes", "comp"]) == ["completion"])
        #expect(try bash(["--providers", "file", ":", "//x", "comp"]) == ["completion"])
    }

    @Test(.enabled(if: Program.isInstalled("bash"), "bash is not installed"))
    func bashOffersVerbsAndTaskFilesFirst() throws {
        let offered = Set(try bash([""]))
        #expect(offered.isSuperset(of: ["a.yaml", "b.yml", "c d.yaml", "init", "completion", "help"]))
        #expect(!offered.contains("x.txt"))
    }

    @Test(.enabled(if: Program.isInstalled("fish"), "fish is not installed"))
    func fishOffersVerbsAndTaskFilesFirst() throws {
        let offered = Set(try fish([""]))
        #expect(offered.isSuperset(of: ["a.yaml", "b.yml", "c d.yaml", "init", "completion", "help"]))
        #expect(!offered.contains("x.txt"))
    }

    @Test(.enabled(if: Program.isInstalled("zsh"), "zsh is not installed"))
    func zshOffersOptionsInAnInteractiveShell() throws {
        let finished = try Program.run(
            ["timeout", "-s", "KILL", "60", "zsh", "-f", "-c", Self.zshSession], in: folder.path)
        #expect(finished.output.contains("--dry-run"))
        #expect(finished.output.contains("--drain-timeout"))
        #expect(!finished.output.contains("--offline"))
    }

    /// The last word is the one being completed.
    private func bash(_ words: [String]) throws -> [String] {
        let ask =
            #"source "$0"; COMP_WORDS=(provision "$@"); COMP_CWORD=$#; _provision; printf '%s\n' "${COMPREPLY[@]}""#
        return try Program.run(["bash", "-c", ask, folder.path(".bash")] + words, in: folder.path).lines
    }

    private func fish(_ words: [String]) throws -> [String] {
        let ask = "source .fish; complete -C 'provision \(words.joined(separator: " "))'"
        let finished = try Program.run(["fish", "--no-config", "-c", ask], in: folder.path)
        #expect(finished.errors == "")
        return finished.lines.map { String($0.prefix { $0 != "\t" }) }
    }

    /// An interactive zsh behind a pseudo-terminal, which ends when its answer has come: the prompt of the marker.
    private static let zshSession = """
        zmodload zsh/zpty
        zpty shell zsh -f -i
        zpty -w shell 'PS1=; stty columns 200; autoload -U compinit; compinit -u -D; source .zsh; print RE''ADY'
        zpty -r shell before '*READY*'
        zpty -w -n shell $'provision --dr\\t'
        zpty -r shell answer '*--dry-run*--dr'
        print -r -- "$answer"
        zpty -d shell
        """
}

extension Finished {
    fileprivate var lines: [String] { output.split(separator: "\n").map(String.init) }
}
