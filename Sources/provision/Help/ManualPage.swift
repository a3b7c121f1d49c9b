import Platform

/// The manual page in the macros of man(7), which every `man` understands.
struct ManualPage {
    var text: String {
        [
            #".TH PROVISION 1 "\#(Version.released)" "provision \#(Version.current)" "User Commands""#,
            section("NAME", [#"provision \- "# + Prose.tagline.roff]),
            section("SYNOPSIS", [".nf"] + Prose.synopsis.map { $0.roff } + [".fi"]),
            section("DESCRIPTION", [Prose.taskFile.roff]),
            section("VERBS", items(Verb.allCases.map { ($0.helpName, $0.helpMeaning.sentence) })),
            section("OPTIONS", items(options) + [".PP", Prose.values.roff]),
            section("ENVIRONMENT", [Prose.sources.roff] + items(Option.allCases.compactMap(\.manualTwin) + noColor)),
            section(
                "EXIT STATUS",
                [
                    "With COMMAND, its own status unless we failed first, or it ended with 0 and something is not in the bucket."
                ] + items(statuses)),
            section("EXAMPLES", examples),
        ].joined(separator: "\n") + "\n"
    }

    private var options: [(String, String)] { Option.allCases.map { ($0.manualName, $0.manualMeaning) } }

    private var statuses: [(String, String)] {
        ExitStatus.allCases.map { (String($0.rawValue), $0.meaning.sentence) } + [
            ("126", "COMMAND cannot be run."), ("127", "COMMAND does not exist."),
            ("128+n", "COMMAND, or provision before it began, was ended by signal n."),
        ]
    }

    private let noColor = [("NO_COLOR", "Not empty: no colour where \(Option.color.flag) does not ask for it.")]

    private var examples: [String] {
        let check = "provision \(Option.dryRun.flag) \(Option.offline.flag) task.yaml"
        let train = "provision task.yaml -- python train.py"
        return example("Check a task file without asking any store:", check) + [".PP"]
            + example("Make the mounts ready, train, and end when everything is in the bucket:", train)
    }

    private func example(_ what: String, _ command: String) -> [String] {
        [what.roff, ".PP", ".nf", ".RS", command.roff, ".RE", ".fi"]
    }

    private func section(_ title: String, _ lines: [String]) -> String {
        ([".SH " + title] + lines).joined(separator: "\n")
    }

    private func items(_ items: [(name: String, meaning: String)]) -> [String] {
        items.flatMap { [".TP", #"\fB"# + $0.name.roff + #"\fR"#, $0.meaning.roff] }
    }
}

extension Option {
    /// `--quiet, -q`
    fileprivate var manualName: String { usage + (row.short.map { ", -\($0)" } ?? "") }

    fileprivate var manualMeaning: String {
        guard row.verbs.count < Verb.allCases.count else { return helpMeaning.sentence }
        return helpMeaning.sentence + " With: " + row.verbs.map { $0.word ?? "TASK.yaml" }.joined(separator: ", ") + "."
    }

    fileprivate var manualTwin: (String, String)? { twin.map { ($0, "Stands in for \(flag).") } }
}

extension String {
    /// Safe as a line of roff: no character of it is taken for a command, and hyphens can be copied into a shell.
    fileprivate var roff: String {
        var line = ""
        for character in self {
            switch character {
            case "\\": line += #"\e"#
            case "-": line += #"\-"#
            default: line.append(character)
            }
        }
        return line.hasPrefix(".") || line.hasPrefix("'") ? #"\&"# + line : line
    }
}
