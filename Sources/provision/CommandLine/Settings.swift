import Platform

/// What every option is set to, and by whom: the command line, else the environment, else the configuration file.
/// Defaults are with the accessors, in `Settings+Values.swift`.
struct Settings: Sendable {
    /// Who has set an option. Between environment and configuration file stands the task file, for what it can say too.
    enum Source: Sendable, Equatable {
        case flag, environment, config(file: String), nobody

        func isCloserToUser(than other: Source) -> Bool { distance < other.distance }

        private var distance: Int {
            switch self {
            case .flag: 0
            case .environment: 1
            case .config: 2
            case .nobody: 3
            }
        }
    }

    private let verb: Verb
    private var chosen: [Option: (values: [OptionValue], source: Source)] = [:]

    init(of verb: Verb, flags: [Option: [OptionValue]], environment: Environment) throws(Failure) {
        self.verb = verb
        // A variable may be exported for good, so one that does not go with this verb is nobody's mistake.
        for option in Option.going(with: verb) {
            if let values = flags[option] {
                chosen[option] = (values, .flag)
            } else if let twin = option.twin, let text = environment.nonEmpty(twin) {
                chosen[option] = (try option.read(lines: text, from: twin), .environment)
            }
        }
        try checkCombinations(status: .usage)
    }

    /// Takes over what a configuration file says, by the long names of options, where neither command line nor
    /// environment has spoken. An option that does not go with the verb is checked but not used.
    mutating func apply(config: [String: [String]], from file: String) throws(Failure) {
        for (name, texts) in config.sorted(by: { $0.key < $1.key }) {
            guard let option = Option(rawValue: name), option.twin != nil else {
                let near = nearestName(to: name, among: Option.allCases.filter { $0.twin != nil }.map(\.rawValue))
                throw Failure(
                    .badConfiguration, "\(file): unknown option \(name.shown)", hint: near.map { "did you mean \($0)?" }
                )
            }
            guard option.row.isRepeatable || texts.count <= 1 else {
                throw Failure(.badConfiguration, "\(file): \(name): takes one value, not \(texts.count)")
            }
            var values: [OptionValue] = []
            for text in texts {
                values.append(try option.read(text, from: "\(file): \(name)", status: .badConfiguration))
            }
            if !values.isEmpty, chosen[option] == nil, option.row.verbs.contains(verb) {
                chosen[option] = (values, .config(file: file))
            }
        }
        try checkCombinations(status: .badConfiguration)
    }

    func source(of option: Option) -> Source { chosen[option]?.source ?? .nobody }

    /// How a message names the place that has set the option: `--jobs`, `PROVISION_JOBS`, `config.yaml: jobs`.
    func place(of option: Option) -> String {
        switch source(of: option) {
        case .environment: option.twin ?? option.flag
        case .config(let file): "\(file): \(option.rawValue)"
        case .flag, .nobody: option.flag
        }
    }

    func values(of option: Option) -> [OptionValue] { chosen[option]?.values ?? [] }

    private func checkCombinations(status: ExitStatus) throws(Failure) {
        // Not so for the variable: exported for good, it says how to run dry, not that nothing else may run.
        if source(of: .offline) == .flag, offline, !dryRun {
            throw Failure(status, "\(Option.offline.flag) goes only with \(Option.dryRun.flag)")
        }
        if quiet, verbose {
            throw Failure(status, "\(place(of: .quiet)) and \(place(of: .verbose)) contradict each other")
        }
    }
}

extension Option {
    /// The values in a variable: one, or one a line where the option can be repeated.
    fileprivate func read(lines text: String, from twin: String) throws(Failure) -> [OptionValue] {
        guard row.isRepeatable else { return [try read(text, from: twin)] }
        var values: [OptionValue] = []
        for line in text.split(whereSeparator: { $0 == "\n" || $0 == "\r\n" }) {
            values.append(try read(String(line), from: twin))
        }
        return values
    }
}
