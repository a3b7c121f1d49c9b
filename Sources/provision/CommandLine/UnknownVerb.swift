import Glibc
import Platform

extension Failure {
    /// The first word is neither verb nor task file; what was meant decides which advice helps.
    static func unknownVerb(_ word: String, before next: String?) -> Failure {
        let verbs = Verb.allCases.compactMap(\.word)
        if word.contains("://") {
            return .usage(
                "\(word.shown) is a URL, and no verb says what to do with it",
                hint: "provision check URL, provision ls URL or provision pull URL")
        }
        if word.contains("/") || word.contains(".") || access(word, F_OK) == 0 {
            return .usage(
                "\(word.shown) is no task file by its name, which must end in .yaml or .yml",
                hint: "rename it, or let it be read from standard input: provision - < FILE")
        }
        if let near = nearestName(to: word, among: verbs) {
            return .usage("unknown verb \(word.shown)", hint: "did you mean \(near)?")
        }
        if let next, next.isTaskFileName {
            return .usage("unknown verb \(word.shown)", hint: "a task file needs no verb: provision \(next)")
        }
        return .usage("unknown verb \(word.shown)", hint: "the verbs are \(verbs.joined(separator: ", "))")
    }
}
