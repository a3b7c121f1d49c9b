import Platform

/// What the program was asked to do, checked as far as the command line and the environment alone allow.
struct Invocation: Sendable {
    let verb: Verb
    /// The words behind the verb, as many as the verb takes. Of a run: the task file.
    let operands: [String]
    /// What stands behind `--`; nothing without it, else COMMAND and its arguments.
    let command: [RawArgument]?
    var settings: Settings
    let environment: Environment

    func perform() throws(Failure) -> ExitStatus {
        guard let action = verb.row.action else { throw .notBuilt(verb) }
        return try action(self)
    }

    /// How to write for people on a stream.
    func style(for stream: StandardStream) -> TerminalStyle {
        TerminalStyle(settings.color, environment: environment, isTerminal: stream.isTerminal)
    }
}
