import Platform

@testable import provision

/// The invocation that a command line written as one string asks for.
func parse(_ line: String, _ environment: [String: String] = [:]) throws(Failure) -> Invocation {
    try parse(words: line.split(separator: " ").map(String.init), environment)
}

func parse(words: [String], _ environment: [String: String] = [:]) throws(Failure) -> Invocation {
    try Parser.parse(words.map { RawArgument($0) }, environment: Environment(environment))
}

func failure(_ line: String, _ environment: [String: String] = [:]) -> Failure? {
    failure(words: line.split(separator: " ").map(String.init), environment)
}

/// What a command line is refused with; nothing when it is accepted.
func failure(words: [String], _ environment: [String: String] = [:]) -> Failure? {
    do throws(Failure) {
        _ = try parse(words: words, environment)
        return nil
    } catch {
        return error
    }
}

/// The settings of any verb, built or not.
func settings(
    of verb: Verb, _ line: String = "", _ environment: [String: String] = [:]
) throws(Failure) -> Settings {
    let words = Words(line.split(separator: " ").map { RawArgument(String($0)) })
    if let problem = words.problem { throw problem }
    return try Settings(of: verb, flags: words.options, environment: Environment(environment))
}

extension OptionArgument {
    /// Two values that it accepts and that differ, and one that it refuses where there is such a one.
    var samples: (one: String, other: String, bad: String?) {
        switch self {
        case .flag, .request: ("yes", "off", "maybe")
        case .text, .file, .directory: ("a", "b", nil)
        case .integer: ("1", "2", "two")
        case .size: ("1GiB", "500MB", "1 GB")
        case .duration: ("30s", "1h30m", "30")
        case .choice(let words): (words[1], words[2], words[1] + "x")
        case .variable: ("A=1", "B", "1=2")
        }
    }
}

extension Option {
    static let settable = allCases.filter { $0.twin != nil }
    var aVerb: Verb { row.verbs[0] }
}
