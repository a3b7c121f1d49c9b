import Platform

/// The command line sorted into options, operands and COMMAND, before anybody knows which verb it is.
///
/// The first problem is kept, not thrown: when the user also asks for help, help is the better answer.
struct Words {
    private(set) var options: [Option: [OptionValue]] = [:]
    private(set) var requests: Set<Verb> = []
    private(set) var operands: [String] = []
    private(set) var command: [RawArgument]?
    private(set) var problem: Failure?

    init(_ arguments: [RawArgument]) {
        var rest = arguments[...]
        while let argument = rest.popFirst() {
            do throws(Failure) {
                let text = try readable(argument)
                if text == "--" {
                    command = Array(rest)
                    return
                }
                try sort(text, before: &rest)
            } catch {
                problem = problem ?? error
            }
        }
    }

    private func readable(_ argument: RawArgument) throws(Failure) -> String {
        guard let text = argument.text else { throw .usage("an argument is not UTF-8 text") }
        return text
    }

    private mutating func sort(_ text: String, before rest: inout ArraySlice<RawArgument>) throws(Failure) {
        if text.hasPrefix("--") {
            try take(long: text, before: &rest)
        } else if text.hasPrefix("-"), text != "-" {
            try take(short: text)
        } else if text.isEmpty {
            throw .usage("an argument is empty", hint: "perhaps a variable that is not set?")
        } else {
            operands.append(text)
        }
    }

    private mutating func take(long text: String, before rest: inout ArraySlice<RawArgument>) throws(Failure) {
        let name = String(text.dropFirst(2).prefix { $0 != "=" })
        var value: String? = text.firstIndex(of: "=").map { String(text[text.index(after: $0)...]) }
        guard let option = Option(rawValue: name) else { throw .unknownOption("--" + name) }
        switch option.row.argument {
        case .request(let verb):
            guard value == nil else { throw .usage("\(option.flag) takes no value") }
            requests.insert(verb)
            return
        case .flag:
            value = value ?? "1"
        default:
            // What looks like the next option is that, rather than a value that was forgotten.
            if value == nil, let next = rest.first, try !readable(next).looksLikeOption {
                rest.removeFirst()
                value = next.text
            }
        }
        guard let value else {
            throw .usage(
                "\(option.flag) needs a value",
                hint: "write \(option.usage); before a value that begins with -, write \(option.flag)=")
        }
        try add(try option.read(value, from: option.flag), to: option)
    }

    private mutating func take(short text: String) throws(Failure) {
        for letter in text.dropFirst() {
            guard let option = Option.named(short: letter) else {
                throw .unknownOption(text, elseShowing: "-\(letter)")
            }
            if case .request(let verb) = option.row.argument {
                requests.insert(verb)
            } else {
                try add(.flag(true), to: option)
            }
        }
    }

    private mutating func add(_ value: OptionValue, to option: Option) throws(Failure) {
        let earlier = options[option] ?? []
        guard option.row.isRepeatable || earlier.allSatisfy({ $0 == value }) else {
            throw .usage("\(option.flag) is given twice, with different values")
        }
        options[option] = option.row.isRepeatable ? earlier + [value] : [value]
    }
}

extension Option {
    /// The value that a text gives the option; `place` says in messages where the text comes from.
    func read(_ text: String, from place: String, status: ExitStatus = .usage) throws(Failure) -> OptionValue {
        do throws(OptionArgument.Misfit) {
            return try row.argument.read(text)
        } catch {
            throw Failure(status, "\(place): \(error.complaint)", hint: error.hint)
        }
    }
}

extension String {
    fileprivate var looksLikeOption: Bool {
        hasPrefix("-") && self != "-" && !(dropFirst().first?.isNumber ?? false)
    }
}

extension Failure {
    /// What stands behind a short option may be its value, hence a secret: it is shown only when it is the slip of an
    /// option's name.
    fileprivate static func unknownOption(_ text: String, elseShowing short: String? = nil) -> Failure {
        guard let near = nearestName(to: text, among: Option.allCases.map(\.flag)) else {
            return .usage("unknown option \((short ?? text).shown)", hint: "`provision help` shows the options")
        }
        return .usage("unknown option \(text.shown)", hint: "did you mean \(near)?")
    }
}
