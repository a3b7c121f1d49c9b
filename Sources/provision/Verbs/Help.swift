import Platform

/// `provision help [VERB|man]`, also `--help` anywhere.
enum Help {
    static func perform(_ invocation: Invocation) throws(Failure) -> ExitStatus {
        let style = invocation.style(for: .output)
        switch invocation.operands.first.flatMap(HelpTopic.init) {
        case .verb(let verb)?: try Results.write(HelpPage(of: verb, style: style).text)
        case .manual?: try Results.write(ManualPage().text)
        case nil: try Results.write(HelpPage(style: style).text)
        }
        return .done
    }
}

/// What help can be asked about.
enum HelpTopic {
    case verb(Verb)
    case manual

    static let manualName = "man"
    static var names: [String] { Verb.allCases.map(\.rawValue) + [manualName] }

    init?(_ name: String) {
        if name == Self.manualName {
            self = .manual
        } else if let verb = Verb(rawValue: name) {
            self = .verb(verb)
        } else {
            return nil
        }
    }

    /// The topic for `provision WORD … --help`: help never fails, so an unknown word gets the general page.
    static func words(for operand: String?) -> [String] {
        guard let operand else { return [] }
        if operand.isTaskFileName { return [Verb.run.rawValue] }
        return Verb(word: operand).map { [$0.rawValue] } ?? []
    }
}
