import Platform

/// From the words of the command line to an invocation that can be performed.
enum Parser {
    static func parse(_ arguments: [RawArgument], environment: Environment) throws(Failure) -> Invocation {
        let words = Words(arguments)
        if words.requests.contains(.help) {
            return try invocation(of: .help, operands: HelpTopic.words(for: words.operands.first), words, environment)
        }
        if let problem = words.problem { throw problem }
        if words.requests.contains(.version) { return try invocation(of: .version, words, environment) }

        let (verb, operands) = try verb(of: words)
        guard verb.isBuilt else { throw .notBuilt(verb) }
        for option in Option.allCases where words.options[option] != nil && !option.row.verbs.contains(verb) {
            let others = option.row.verbs.map(\.title).joined(separator: ", ")
            throw .usage("\(option.flag) does not go with \(verb.title)", hint: "it goes with \(others)")
        }
        try check(operands, of: verb)
        try check(command: words.command, of: verb)
        return try invocation(of: verb, operands: operands, words, environment)
    }

    private static func invocation(
        of verb: Verb, operands: [String] = [], _ words: Words, _ environment: Environment
    ) throws(Failure) -> Invocation {
        let settings = try Settings(of: verb, flags: words.options, environment: environment)
        return Invocation(
            verb: verb, operands: operands, command: words.command, settings: settings, environment: environment)
    }

    /// The first operand decides: a verb, or a task file, which needs none.
    private static func verb(of words: Words) throws(Failure) -> (Verb, operands: [String]) {
        guard let first = words.operands.first else {
            throw .usage(
                words.command == nil ? "neither a task file nor a verb" : "no task file before --",
                hint: "`provision help` shows what there is")
        }
        if first.isTaskFileName { return (.run, words.operands) }
        if let verb = Verb(word: first) { return (verb, Array(words.operands.dropFirst())) }
        throw .unknownVerb(first, before: words.operands.dropFirst().first)
    }

    private static func check(_ operands: [String], of verb: Verb) throws(Failure) {
        let (least, most) = verb.row.operands.counts
        guard operands.count >= least else {
            throw .usage("an operand is missing", hint: verb.usage)
        }
        if let most, operands.count > most {
            let surplus = operands[most]
            guard verb == .run else { throw .usage("\(surplus.shown) is one operand too many", hint: verb.usage) }
            throw surplus.isTaskFileName
                ? .usage("two task files, \(operands[0].shown) and \(surplus.shown)", hint: "run one after the other")
                : .usage(
                    "\(surplus.shown) behind the task file is one operand too many",
                    hint: Verb(word: surplus).map { "a verb stands first: provision \($0.rawValue) \(operands[0])" }
                        ?? "a command of yours stands behind --")
        }
        for (operand, text) in zip(verb.row.operands, operands) {
            guard case .choice(let words) = operand.kind, !words.contains(text) else { continue }
            throw .usage(
                "\(text.shown) is not one of \(words.joined(separator: ", "))",
                hint: nearestName(to: text, among: words).map { "did you mean \($0)?" } ?? verb.usage)
        }
    }

    private static func check(command: [RawArgument]?, of verb: Verb) throws(Failure) {
        guard let command else { return }
        guard verb == .run else {
            throw .usage("a COMMAND behind -- goes only with \(Verb.run.title)", hint: verb.usage)
        }
        guard !command.isEmpty else { throw .usage("no COMMAND behind --", hint: "leave out -- to run none") }
    }
}

extension String {
    /// What needs no verb. `-` is standard input.
    var isTaskFileName: Bool { self == "-" || hasSuffix(".yaml") || hasSuffix(".yml") }
}
