/// What `provision help` and `provision help VERB` print.
struct HelpPage {
    let text: String

    /// The general page: every verb and every option.
    init(style: TerminalStyle) {
        let verbs = Verb.allCases.map { ($0.helpName, $0.helpMeaning) }
        text = [
            "provision: \(Prose.tagline)\n",
            Self.section("Usage", Prose.synopsis.map { "  \($0)\n" }.joined(), style),
            Self.section("Verbs", Columns(rows: verbs).text(style), style),
            Self.section("Options", Self.options(Option.allCases, \.helpMeaning, style), style),
            Self.paragraph(Prose.taskFile),
            Self.paragraph(Prose.sources),
            Self.paragraph(Prose.values),
            Self.paragraph(
                "`provision help VERB` shows one verb, `provision help \(HelpTopic.manualName)` the manual page."),
        ].joined(separator: "\n")
    }

    /// The page of one verb: only the options that go with it.
    init(of verb: Verb, style: TerminalStyle) {
        let usage = verb == .run ? Prose.synopsis[0] : verb.usage + " [options]"
        text = [
            "\(usage)\n",
            Self.paragraph(verb.helpMeaning.sentence),
            verb == .run ? Self.paragraph(Prose.taskFile) : nil,
            Self.section(
                "Options", Self.options(Option.going(with: verb), { $0.helpMeaning(with: verb) }, style), style),
        ].compactMap(\.self).joined(separator: "\n")
    }

    private static func options(
        _ options: [Option], _ meaning: (Option) -> String, _ style: TerminalStyle
    ) -> String {
        Columns(rows: options.map { ($0.helpName, meaning($0)) }).text(style)
    }

    private static func section(_ title: String, _ body: String, _ style: TerminalStyle) -> String {
        style.bold(title + ":") + "\n" + body
    }

    private static func paragraph(_ text: String) -> String {
        text.wrapped(to: 80).joined(separator: "\n") + "\n"
    }
}

extension String {
    /// A summary of the tables, as it stands alone.
    var sentence: String { prefix(1).uppercased() + dropFirst() + "." }
}
