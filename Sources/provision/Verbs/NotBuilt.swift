extension Failure {
    /// The answer of a verb that the interface promises and this build does not have.
    static func notBuilt(_ verb: Verb) -> Failure {
        .usage("\(verb.title) is not there yet")
    }
}
