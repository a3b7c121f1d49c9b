import Platform

enum Shell: String, CaseIterable {
    case bash, zsh, fish
}

/// `provision completion SHELL`: the script that teaches a shell our options and verbs.
enum Completion {
    static func perform(_ invocation: Invocation) throws(Failure) -> ExitStatus {
        guard let shell = invocation.operands.first.flatMap(Shell.init) else {
            throw .usage("no such shell", hint: invocation.verb.usage)
        }
        switch shell {
        case .bash: try Results.write(BashCompletion().script)
        case .zsh: try Results.write(ZshCompletion().script)
        case .fish: try Results.write(FishCompletion().script)
        }
        return .done
    }

    /// What is not there yet is not offered.
    static var verbs: [Verb] { Verb.allCases.filter(\.isBuilt) }
    static var options: [Option] { Option.allCases.filter { $0.row.verbs.contains(where: \.isBuilt) } }
    static var namedVerbs: [Verb] { verbs.filter { $0.word != nil } }
}

extension Option {
    var takesValue: Bool { row.argument.placeholder != nil }

    /// `--quiet`, and `-q` where there is one.
    var spellings: [String] { [flag] + (row.short.map { ["-\($0)"] } ?? []) }
}
